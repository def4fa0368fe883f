import { AgentId, CallId, ConversationId, MessageId, PrincipalId, TurnId, instantOf, label } from "@moltbot/contracts";
import type { Conversation, Message, MessagePart } from "@moltbot/contracts";

/** The n-th id of a kind. */
export const idOf = <T>(kind: { parse(text: string): T }, n: number): T =>
  kind.parse(`01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`);

export const OWNER = idOf(PrincipalId, 1);
export const COLLEAGUE = idOf(PrincipalId, 2);
export const AGENT = idOf(AgentId, 3);
export const TURN = idOf(TurnId, 4);
const START = instantOf(Date.UTC(2026, 10, 22, 12));

export const conversation = (audience: readonly PrincipalId[] = [OWNER]): Conversation => ({
  id: idOf(ConversationId, 5),
  agentId: AGENT,
  ownerId: OWNER,
  audience,
  title: "Test",
  heads: { main: null },
  activeHead: "main",
  createdAt: START,
  updatedAt: START,
});

export const message = (n: number, wish: Partial<Message>): Message => ({
  id: idOf(MessageId, n),
  conversationId: idOf(ConversationId, 5),
  parentId: null,
  role: "user",
  author: OWNER,
  turnId: TURN,
  parts: [{ type: "text", text: `message ${String(n)}` }],
  label: label("authority", [OWNER], [{ kind: "message", ref: String(n) }]),
  state: "complete",
  model: null,
  createdAt: START,
  ...wish,
});

export const callPart = (n: number, tool = "clock.now"): Extract<MessagePart, { type: "call" }> => ({
  type: "call",
  callId: idOf(CallId, n),
  tool,
  arguments: { n },
});

export const resultPart = (n: number, text = `result ${String(n)}`): Extract<MessagePart, { type: "result" }> => ({
  type: "result",
  callId: idOf(CallId, n),
  tool: "clock.now",
  status: "ok",
  text,
  summary: text,
  code: null,
});
