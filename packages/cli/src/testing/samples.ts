import {
  AgentId,
  ApprovalId,
  CallId,
  CapabilityId,
  ConversationId,
  Digest,
  MessageId,
  PlanId,
  PrincipalId,
  StopId,
  TenantId,
  ToolName,
  TurnId,
  instantOf,
  label,
} from "@moltbot/contracts";
import type { Agent, Approval, Capability, Message, Plan, Question, Stop, TurnReport } from "@moltbot/contracts";

const id = <T>(kind: { parse(text: string): T }, n: number): T =>
  kind.parse(`01930000-0000-7000-8000-${String(n).padStart(12, "0")}`);
const NOW = instantOf(Date.UTC(2026, 10, 22, 12));

export const agent = (n = 1, name = "Moltbot"): Agent => ({
  id: id(AgentId, n),
  ownerId: id(PrincipalId, 9),
  name,
  model: "demo",
  status: "idle",
  capabilities: ["clock.now"],
  reading: "auto",
});

const message = (n: number, wish: Partial<Message>): Message => ({
  id: id(MessageId, n),
  conversationId: id(ConversationId, 2),
  parentId: null,
  role: "assistant",
  author: id(AgentId, 1),
  turnId: id(TurnId, 3),
  parts: [{ type: "text", text: "good day" }],
  label: label("authority", "public"),
  state: "complete",
  model: { name: "demo", demonstration: true },
  createdAt: NOW,
  ...wish,
});

export const plan = (wish: Partial<Plan> = {}): Plan => ({
  id: id(PlanId, 40),
  turnId: id(TurnId, 3),
  conversationId: id(ConversationId, 2),
  agentId: id(AgentId, 1),
  goal: "invite Ada",
  steps: [
    { tool: "mail.search", arguments: { query: "lunch" }, after: [] },
    {
      tool: "mail.send",
      arguments: {
        to: ["ada@example.org"],
        body: { text: { $from: [1], ask: "the place", as: "text" } },
        count: 2,
      },
      after: [1],
    },
  ],
  label: label("authority", "public"),
  committedAt: NOW,
  expiresAt: NOW,
  ...wish,
});

/** A question; `ask` changes what stands on its card. */
export const approval = (wish: Partial<Approval> = {}, ask: Partial<Question> = {}): Approval => ({
  id: id(ApprovalId, 4),
  conversationId: id(ConversationId, 2),
  turnId: id(TurnId, 3),
  callId: id(CallId, 5),
  agentId: id(AgentId, 1),
  digest: Digest.parse("0".repeat(64)),
  question: {
    consequence: "Sets a reminder.",
    why: "It commits.",
    rule: "commit.unconstrained",
    tool: ToolName.parse("reminder.create"),
    effect: "commit",
    arguments: [{ name: "text", value: "stretch", critical: true, origin: "stated" }],
    leaves: null,
    undo: "undoable",
    scopes: ["once", "task"],
    preview: null,
    sources: [],
    agentChain: [id(AgentId, 1)],
    grant: [{ kind: "equals", argument: "text", value: "stretch" }],
    proposal: null,
    stepUp: false,
    ...ask,
  },
  label: label("authority", "public"),
  state: "pending",
  createdAt: NOW,
  expiresAt: NOW,
  answeredBy: null,
  answeredAt: null,
  scope: null,
  reason: null,
  edited: null,
  ...wish,
});

export const report = (
  state: TurnReport["state"],
  reply: Partial<Message> | null,
  approvals: readonly Approval[] = [],
): TurnReport => ({
  turnId: id(TurnId, 3),
  conversationId: id(ConversationId, 2),
  state,
  message: message(6, { role: "user", author: id(PrincipalId, 7), model: null }),
  reply: reply === null ? null : message(8, reply),
  approvals,
});

export const delta = (text: string) => ({
  id: "01930000-0000-7000-8000-000000000009",
  name: "message:delta",
  version: 1,
  at: NOW,
  tenantId: "t",
  audience: [],
  payload: { conversationId: id(ConversationId, 2), agentId: id(AgentId, 1), turnId: id(TurnId, 3), text },
});

export const stop = (reason: string | null = null): Stop => ({
  id: id(StopId, 20),
  tenantId: id(TenantId, 21),
  by: id(PrincipalId, 7),
  surface: "command",
  reason,
  epoch: 2,
  at: NOW,
  resumedAt: null,
  resumedBy: null,
});

/** A secret as the gateway lists it. */
export const secretInfo = (name: string, wish: object = {}) => ({
  id: "01930000-0000-7000-8000-000000000050",
  name,
  kind: "other",
  hosts: ["a.example"],
  ownerId: null,
  createdAt: NOW,
  rotatedAt: NOW,
  expiresAt: null,
  rotateEveryDays: null,
  lastUsedAt: null,
  rotationDue: false,
  ...wish,
});

export const capability = (wish: Partial<Capability> = {}): Capability => ({
  id: id(CapabilityId, 30),
  tenantId: id(TenantId, 21),
  holder: id(AgentId, 1),
  tool: ToolName.parse("reminder.create"),
  permissions: [],
  constraints: [{ kind: "at-most", argument: "minutes", limit: 60 }],
  rights: ["use"],
  reach: { kind: "always" },
  expiresAt: "never",
  parent: null,
  epoch: 1,
  issuedBy: id(PrincipalId, 7),
  issuedAt: NOW,
  revokedAt: null,
  reason: "tea",
  ...wish,
});
