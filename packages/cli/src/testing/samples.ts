import {
  AgentId,
  ApprovalId,
  CallId,
  ConversationId,
  Digest,
  MessageId,
  PrincipalId,
  ToolName,
  TurnId,
  instantOf,
  label,
} from "@moltbot/contracts";
import type { Agent, Approval, Message, TurnReport } from "@moltbot/contracts";

const id = <T>(kind: { parse(text: string): T }, n: number): T =>
  kind.parse(`01930000-0000-7000-8000-${String(n).padStart(12, "0")}`);
const NOW = instantOf(Date.UTC(2026, 10, 22, 12));

export const agent = (n = 1, name = "Moltbot"): Agent => ({
  id: id(AgentId, n),
  name,
  model: "demo",
  status: "idle",
  capabilities: ["clock.now"],
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

export const approval = (wish: Partial<Approval> = {}): Approval => ({
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
  },
  label: label("authority", "public"),
  state: "pending",
  createdAt: NOW,
  expiresAt: NOW,
  answeredBy: null,
  answeredAt: null,
  scope: null,
  reason: null,
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
