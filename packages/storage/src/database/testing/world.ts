import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CallId,
  AgentId,
  ApprovalId,
  CapabilityId,
  ContactId,
  ConversationId,
  DecisionId,
  Digest,
  MemoryId,
  MessageId,
  PlanId,
  PrincipalId,
  ReminderId,
  StopId,
  TenantId,
  ToolName,
  TurnId,
  instantOf,
  label,
  ok,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  CallRecord,
  Capability,
  CapabilityUse,
  ClockPort,
  Contact,
  Conversation,
  DecisionRecord,
  EffectClass,
  Instant,
  Label,
  LogPort,
  Memory,
  Message,
  Plan,
  Principal,
  Reminder,
  ResolvedResource,
  Result,
  Stop,
  StoredAgent,
  Turn,
} from "@moltbot/contracts";
import { createContentSealer, createIds, randomBytes } from "../../crypto/index.ts";
import type { ContentSealer } from "../../crypto/index.ts";
import { MIGRATIONS } from "../migrate.ts";
import { openWithParts } from "../open-database.ts";
import type { Database, DatabaseOptions, DatabaseParts } from "../open-database.ts";
import { openPostgresWithParts } from "../open-postgres.ts";
import type { PostgresOptions } from "../open-postgres.ts";
import { visibility } from "../visibility.ts";

const ids = createIds();
export const next = ids.next.bind(ids);
export const silent: LogPort = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A clock that stands until it is moved. */
export const standingClock = (
  start = Date.parse("2026-11-22T12:00:00.000Z"),
): ClockPort & { advance(milliseconds: number): Instant } => {
  let now = start;
  return {
    now: () => instantOf(now),
    monotonic: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
      return instantOf(now);
    },
  };
};

/** A real sealer over keys in memory, and a way to destroy one. */
export const memorySealer = (
  keys = new Map<string, Uint8Array>(),
): ContentSealer & { erase(subject: string): void } => ({
  ...createContentSealer({
    find: (subject) => keys.get(subject) ?? null,
    findOrCreate: (subject) => {
      const key = keys.get(subject) ?? randomBytes(32);
      keys.set(subject, key);
      return ok(key);
    },
  }),
  erase: (subject) => void keys.delete(subject),
});

/** The value, or the test fails with the error's own words. */
export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};
/** The code of the failure; `ok` when there is none. */
export const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

const folders: string[] = [];
export const temporaryFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-database-"));
  folders.push(folder);
  return join(folder, "moltbot.db");
};
export const removeFolders = (): void => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};

export const optionsFor = (file: string, change: Partial<DatabaseOptions> = {}): DatabaseOptions => ({
  file,
  key: new Uint8Array(32).fill(7),
  sealer: memorySealer(),
  clock: standingClock(),
  log: silent,
  ...change,
});
/** Where one database lies and how it is opened. */
export type TestOptions = DatabaseOptions | PostgresOptions;
export const openTest = async (options: TestOptions, parts: Partial<DatabaseParts> = {}): Promise<Database> => {
  const all = { visibility, migrations: MIGRATIONS, ...parts };
  return must(await ("file" in options ? openWithParts(options, all) : openPostgresWithParts(options, all)));
};

/** The owner of a tenant of their own, or a member of a known one: a tenant has one owner. */
export const person = (tenantId?: TenantId): Principal => ({
  id: next(PrincipalId),
  tenantId: tenantId ?? next(TenantId),
  kind: "person",
  name: "Ada",
  role: tenantId === undefined ? "owner" : "member",
});
export const scopeOf = (principal: Principal, reach: AccessScope["reach"] = "own"): AccessScope => ({
  tenantId: principal.tenantId,
  principalId: principal.id,
  reach,
});

export const AT = instantOf(Date.parse("2026-11-22T12:00:00.000Z"));
export const later = (milliseconds: number): Instant => instantOf(Date.parse(AT) + milliseconds);
const plain = label("authority", "public", [{ kind: "message", ref: "m" }]);
export const digest = Digest.parse("ab".repeat(32));

export const anAgent = (owner: Principal): StoredAgent => ({
  id: next(AgentId),
  tenantId: owner.tenantId,
  ownerId: owner.id,
  name: "Molt",
  model: "demo",
  capabilities: ["clock.now"],
  reading: "auto",
  createdAt: AT,
});
export const aConversation = (owner: Principal, change: Partial<Conversation> = {}): Conversation => ({
  id: next(ConversationId),
  agentId: next(AgentId),
  ownerId: owner.id,
  audience: [],
  title: "Title",
  heads: { main: null },
  activeHead: "main",
  createdAt: AT,
  updatedAt: AT,
  ...change,
});
export const aMessage = (conversation: Conversation, text = "hello", change: Partial<Message> = {}): Message => ({
  id: next(MessageId),
  conversationId: conversation.id,
  parentId: null,
  role: "user",
  author: conversation.ownerId,
  turnId: null,
  parts: [{ type: "text", text }],
  label: plain,
  state: "complete",
  model: null,
  createdAt: AT,
  ...change,
});
export const anApproval = (conversation: Conversation, change: Partial<Approval> = {}): Approval => ({
  id: next(ApprovalId),
  conversationId: conversation.id,
  turnId: next(TurnId),
  callId: next(CallId),
  agentId: conversation.agentId,
  digest,
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
  label: plain,
  state: "pending",
  createdAt: AT,
  expiresAt: later(60_000),
  answeredBy: null,
  answeredAt: null,
  scope: null,
  reason: null,
  edited: null,
  ...change,
});
export const aCapability = (owner: Principal, holder: AgentId, change: Partial<Capability> = {}): Capability => ({
  id: next(CapabilityId),
  tenantId: owner.tenantId,
  holder,
  tool: ToolName.parse("web.fetch"),
  permissions: ["net:connect"],
  constraints: [{ kind: "host-in", argument: "url", hosts: ["example.org:443"] }],
  rights: ["use"],
  reach: { kind: "always" },
  expiresAt: "never",
  parent: null,
  epoch: 0,
  issuedBy: owner.id,
  issuedAt: AT,
  revokedAt: null,
  reason: "asked",
  ...change,
});
export const aCall = (conversation: Conversation, change: Partial<CallRecord> = {}): CallRecord => ({
  callId: next(CallId),
  turnId: next(TurnId),
  conversationId: conversation.id,
  agentId: conversation.agentId,
  tool: "clock.now",
  callDigest: digest,
  state: "asked",
  updatedAt: AT,
  ...change,
});
export const aUse = (capability: Capability, change: Partial<CapabilityUse> = {}): CapabilityUse => ({
  capabilityId: capability.id,
  callId: next(CallId),
  at: AT,
  bytes: 10,
  amounts: {},
  ...change,
});
export const aStop = (by: Principal, change: Partial<Stop> = {}): Stop => ({
  id: next(StopId),
  tenantId: by.tenantId,
  by: by.id,
  surface: "api",
  reason: null,
  epoch: 1,
  at: AT,
  resumedAt: null,
  resumedBy: null,
  ...change,
});
export const aDecision = (
  conversation: Conversation,
  change: Partial<DecisionRecord> = {},
  text = "stretch",
  tool = "reminder.create",
): DecisionRecord => {
  const callId = change.callId ?? next(CallId);
  const turnId = change.turnId ?? next(TurnId);
  return {
    callId,
    turnId,
    conversationId: conversation.id,
    id: next(DecisionId),
    agentId: conversation.agentId,
    at: AT,
    kind: "ask",
    rule: "commit.unconstrained",
    code: null,
    input: {
      call: {
        id: callId,
        turnId,
        conversationId: conversation.id,
        agentId: conversation.agentId,
        agentChain: [conversation.agentId],
        authority: conversation.ownerId,
        tool,
        arguments: { text, minutes: 10 },
        label: plain,
      },
      manifest: undefined,
      problem: null,
      resources: [],
      capabilities: [],
      usage: [],
      approvals: [],
      stated: [text],
      policy: { version: "none", forbidden: [] },
      budgets: [],
      stopped: false,
      mayAsk: true,
      stepUp: false,
      epoch: 0,
      now: AT,
      digest,
    },
    ...change,
  };
};
/** A call that the guard allowed; `label` is what was in view when it was chosen. */
export const anEffect = (
  conversation: Conversation,
  of: {
    readonly label: Label;
    readonly callId?: CallId;
    readonly effect?: EffectClass;
    readonly resources?: readonly ResolvedResource[];
    readonly values?: Readonly<Record<string, Label>>;
    readonly at?: Instant;
  },
): DecisionRecord => {
  const plainDecision = aDecision(conversation, {
    kind: "allow",
    at: of.at ?? AT,
    ...(of.callId === undefined ? {} : { callId: of.callId }),
  });
  const { call } = plainDecision.input;
  return {
    ...plainDecision,
    input: {
      ...plainDecision.input,
      call: { ...call, tool: "mail.send", label: of.label, ...(of.values === undefined ? {} : { values: of.values }) },
      manifest: {
        name: ToolName.parse("mail.send"),
        version: 1,
        title: "Send mail",
        effect: of.effect ?? "send",
        permissions: ["mail:send"],
        critical: ["to"],
        undo: "irreversible",
      },
      resources: of.resources ?? [{ argument: "to", kind: "recipient", value: "bob@example.org", refusal: null }],
    },
  };
};
export const aPlan = (conversation: Conversation, change: Partial<Plan> = {}): Plan => ({
  id: next(PlanId),
  turnId: next(TurnId),
  conversationId: conversation.id,
  agentId: conversation.agentId,
  goal: "tell Bob",
  steps: [
    { tool: "mail.search", arguments: { query: "lunch" }, after: [] },
    { tool: "mail.send", arguments: { to: "bob@example.org", text: { $from: [1], as: "text" } }, after: [1] },
  ],
  label: plain,
  committedAt: AT,
  expiresAt: later(86_400_000),
  ...change,
});
export const aContact = (owner: Principal, change: Partial<Contact> = {}): Contact => ({
  id: next(ContactId),
  ownerId: owner.id,
  kind: "person",
  name: "Bob",
  address: "bob@example.org",
  confirmedAt: AT,
  ...change,
});
export const aReminder = (conversation: Conversation, change: Partial<Reminder> = {}): Reminder => ({
  id: next(ReminderId),
  ownerId: conversation.ownerId,
  agentId: conversation.agentId,
  conversationId: conversation.id,
  callId: next(CallId),
  text: "stretch",
  dueAt: later(600_000),
  state: "scheduled",
  createdAt: AT,
  firedAt: null,
  label: plain,
  ...change,
});
export const aMemory = (owner: Principal, text: string, change: Partial<Memory> = {}): Memory => ({
  id: next(MemoryId),
  ownerId: owner.id,
  agentId: next(AgentId),
  callId: next(CallId),
  text,
  label: plain,
  createdAt: AT,
  ...change,
});
export const aTurn = (owner: Principal, conversation: Conversation, change: Partial<Turn> = {}): Turn => ({
  id: next(TurnId),
  tenantId: owner.tenantId,
  ownerId: owner.id,
  conversationId: conversation.id,
  agentId: conversation.agentId,
  authority: owner.id,
  userMessageId: next(MessageId),
  label: plain,
  state: "queued",
  steps: 0,
  attempts: 0,
  waitingFor: [],
  end: null,
  createdAt: AT,
  updatedAt: AT,
  ...change,
});
