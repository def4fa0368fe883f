/** Small valid values for tests of the page's state. */
import {
  AgentId,
  ApprovalId,
  CallId,
  ConversationId,
  Digest,
  EventId,
  instantOf,
  label,
  MessageId,
  PrincipalId,
  StopId,
  TenantId,
  ToolName,
  TurnId,
} from "@moltbot/contracts";
import type {
  Approval,
  DomainEvent,
  EventName,
  EventPayload,
  Message,
  Principal,
  Stop,
  TurnReport,
} from "@moltbot/contracts";

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;

export const ME: Principal = {
  id: PrincipalId.parse(id(1)),
  tenantId: TenantId.parse(id(2)),
  kind: "person",
  name: "Owner",
  role: "owner",
};
export const AGENT = AgentId.parse(id(3));
export const HERE = ConversationId.parse(id(4));
export const ELSEWHERE = ConversationId.parse(id(5));
export const TURN = TurnId.parse(id(6));
export const CALL = CallId.parse(id(7));

/** A message of the open conversation; `n` is its id and its second. */
export const message = (n: number, role: Message["role"], text: string, wish: Partial<Message> = {}): Message => ({
  id: MessageId.parse(id(100 + n)),
  conversationId: HERE,
  parentId: null,
  role,
  author: role === "user" ? ME.id : AGENT,
  turnId: TURN,
  parts: [{ type: "text", text }],
  label: label("authority", [ME.id]),
  state: "complete",
  model: null,
  createdAt: instantOf(n * 1000),
  ...wish,
});

/** A pending question asked at second `n`. */
export const approval = (n: number, wish: Partial<Approval> = {}): Approval => ({
  id: ApprovalId.parse(id(200 + n)),
  conversationId: HERE,
  turnId: TURN,
  callId: CALL,
  agentId: AGENT,
  digest: Digest.parse("0".repeat(64)),
  question: {
    consequence: "Sets a reminder.",
    why: "It commits.",
    rule: "commit.unconstrained",
    tool: ToolName.parse("reminder.create"),
    effect: "commit",
    arguments: [
      { name: "text", value: "stretch", critical: true, origin: "stated" },
      { name: "minutes", value: 10, critical: true, origin: "model" },
      { name: "note", value: "x", critical: false, origin: "model" },
    ],
    leaves: null,
    undo: "undoable",
    scopes: ["once", "always"],
    preview: null,
    sources: [],
    agentChain: [AGENT],
    grant: [
      { kind: "equals", argument: "text", value: "stretch" },
      { kind: "equals", argument: "minutes", value: 10 },
    ],
    proposal: null,
    stepUp: false,
  },
  label: label("authority", [ME.id]),
  state: "pending",
  createdAt: instantOf(n * 1000),
  expiresAt: instantOf(n * 1000 + 900_000),
  answeredBy: null,
  answeredAt: null,
  scope: null,
  reason: null,
  edited: null,
  ...wish,
});

/** A stop in force since second `n`. */
export const stop = (n: number): Stop => ({
  id: StopId.parse(id(300)),
  tenantId: ME.tenantId,
  by: ME.id,
  surface: "web",
  reason: null,
  epoch: 2,
  at: instantOf(n * 1000),
  resumedAt: null,
  resumedBy: null,
});

export const event = <N extends EventName>(name: N, payload: EventPayload<N>): DomainEvent =>
  ({
    id: EventId.parse(id(9)),
    name,
    version: 1,
    at: instantOf(0),
    tenantId: ME.tenantId,
    audience: [ME.id],
    payload,
  }) as DomainEvent; // name and payload belong together by N

export const report = (state: TurnReport["state"], wish: Partial<TurnReport> = {}): TurnReport => ({
  turnId: TURN,
  conversationId: HERE,
  state,
  message: message(1, "user", "hello"),
  reply: null,
  approvals: [],
  ...wish,
});
