import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AgentId,
  ApprovalId,
  CallId,
  ConversationId,
  Digest,
  MessageId,
  PrincipalId,
  TenantId,
  ToolName,
  TurnId,
  instantOf,
  label,
  ok,
  ownScope,
} from "@moltbot/contracts";
import type { Approval, Conversation, Instant, LogPort, Message, Principal, Result, Turn } from "@moltbot/contracts";
import { createContentSealer, createIds, sha256 } from "../../crypto/index.ts";
import { openDatabase, openPostgres } from "../../database/index.ts";
import type { Database } from "../../database/index.ts";
import type { Place } from "../../testing/index.ts";

const ids = createIds();
const silent: LogPort = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const START = Date.parse("2026-11-22T12:00:00.000Z");
const folders: string[] = [];

export const AT = instantOf(START);
export const later = (milliseconds: number): Instant => instantOf(START + milliseconds);
export const newTurnId = (): TurnId => ids.next(TurnId);

/** The value, or the test fails with the error's own words. */
export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};
/** The code of the failure; `ok` when there is none. */
export const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

export const temporaryFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-queue-"));
  folders.push(folder);
  return join(folder, "moltbot.db");
};
export const removeFolders = (): void => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};
const sealer = createContentSealer({
  find: (subject) => sha256(subject),
  findOrCreate: (subject) => ok(sha256(subject)),
});
const clock = { now: () => AT, monotonic: () => 0 };
/** Opens the real database; a second opening of the same place is another process as far as the queue knows. */
export const openPlace = async (place: Place): Promise<Database> =>
  must(
    await ("file" in place
      ? openDatabase({ ...place, sealer, clock, log: silent })
      : openPostgres({ ...place, sealer, clock, log: silent })),
  );

/** The owner of a tenant of their own, or a member of a known one: a tenant has one owner. */
export const person = (tenantId?: TenantId): Principal => ({
  id: ids.next(PrincipalId),
  tenantId: tenantId ?? ids.next(TenantId),
  kind: "person",
  name: "Ada",
  role: tenantId === undefined ? "owner" : "member",
});
export const scopeOf = ownScope;
export const aConversation = (owner: Principal): Conversation => ({
  id: ids.next(ConversationId),
  agentId: ids.next(AgentId),
  ownerId: owner.id,
  audience: [],
  title: "Title",
  heads: { main: null },
  activeHead: "main",
  createdAt: AT,
  updatedAt: AT,
});
export const aTurn = (owner: Principal, conversation: Conversation): Turn => ({
  id: ids.next(TurnId),
  tenantId: owner.tenantId,
  ownerId: owner.id,
  conversationId: conversation.id,
  agentId: conversation.agentId,
  authority: owner.id,
  userMessageId: ids.next(MessageId),
  label: label("authority", [owner.id], [{ kind: "message", ref: "m" }]),
  state: "queued",
  steps: 0,
  attempts: 0,
  waitingFor: [],
  end: null,
  createdAt: AT,
  updatedAt: AT,
});
export const aReply = (conversation: Conversation, turn: Turn): Message => ({
  id: ids.next(MessageId),
  conversationId: conversation.id,
  parentId: null,
  role: "assistant",
  author: conversation.agentId,
  turnId: turn.id,
  parts: [{ type: "text", text: "reply" }],
  label: label("authority", "public"),
  state: "complete",
  model: { name: "demo", demonstration: true },
  createdAt: AT,
});
export const anApproval = (conversation: Conversation): Approval => ({
  id: ids.next(ApprovalId),
  conversationId: conversation.id,
  turnId: ids.next(TurnId),
  callId: ids.next(CallId),
  agentId: conversation.agentId,
  digest: Digest.parse("ab".repeat(32)),
  question: {
    consequence: "Sets a reminder.",
    why: "Nobody granted it.",
    rule: "commit.unconstrained",
    tool: ToolName.parse("reminder.create"),
    effect: "commit",
    arguments: [],
    leaves: null,
    undo: "undoable",
    scopes: ["once"],
    preview: null,
    sources: [],
    agentChain: [conversation.agentId],
    grant: [],
    proposal: null,
    stepUp: false,
  },
  label: label("authority", "public"),
  state: "pending",
  createdAt: AT,
  expiresAt: later(60_000),
  answeredBy: null,
  answeredAt: null,
  scope: null,
  reason: null,
  edited: null,
});
