import {
  AgentId,
  ApprovalId,
  CallId,
  ConversationId,
  Digest,
  MemoryId,
  MessageId,
  PrincipalId,
  ReminderId,
  TenantId,
  ToolName,
  TurnId,
  err,
  instantOf,
  label,
  millisecondsOf,
  moltbotError,
  ok,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalState,
  AuditEvent,
  Capability,
  CallRecord,
  Contact,
  Conversation,
  DomainEvent,
  Memory,
  Message,
  ModelEvent,
  ModelPort,
  Principal,
  Reminder,
  Repositories,
  Result,
  StoredAgent,
  Store,
  ToolCall,
  ToolManifest,
  Turn,
  TurnEnd,
  TurnLease,
} from "@moltbot/contracts";
import type { Guard } from "@moltbot/core/guard";
import { z } from "zod";
import { createCanaries } from "../../canaries.ts";
import { createEventBus } from "../../event-bus.ts";
import type { House } from "../../house.ts";
import { createTurnWatch } from "../../turn-watch.ts";

/** The n-th id of a kind. */
export const idOf = <T>(kind: { parse(text: string): T }, n: number): T =>
  kind.parse(`01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`);

const START = Date.UTC(2026, 10, 22, 12);
export const at = (milliseconds: number) => instantOf(START + milliseconds);

export const OWNER: Principal = {
  id: idOf(PrincipalId, 1),
  tenantId: idOf(TenantId, 2),
  kind: "person",
  name: "Owner",
  role: "owner",
};
export const SYSTEM: AccessScope = { tenantId: OWNER.tenantId, principalId: OWNER.id, reach: "system" };
export const AGENT: StoredAgent = {
  id: idOf(AgentId, 3),
  tenantId: OWNER.tenantId,
  ownerId: OWNER.id,
  name: "Moltbot",
  model: "default",
  capabilities: ["clock.now"],
  createdAt: at(0),
  reading: "auto",
};

export const conversation = (n: number): Conversation => ({
  id: idOf(ConversationId, n),
  agentId: AGENT.id,
  ownerId: OWNER.id,
  audience: [OWNER.id],
  title: "t",
  heads: { main: null },
  activeHead: "main",
  createdAt: at(0),
  updatedAt: at(0),
});

export const turn = (n: number, wish: Partial<Turn> = {}): Turn => ({
  id: idOf(TurnId, n),
  tenantId: OWNER.tenantId,
  ownerId: OWNER.id,
  conversationId: idOf(ConversationId, n),
  agentId: AGENT.id,
  authority: OWNER.id,
  userMessageId: idOf(MessageId, n),
  label: label("authority", [OWNER.id]),
  state: "queued",
  steps: 0,
  attempts: 0,
  waitingFor: [],
  end: null,
  createdAt: at(0),
  updatedAt: at(0),
  ...wish,
});

export const reminder = (n: number, dueAt: number, wish: Partial<Reminder> = {}): Reminder => ({
  id: idOf(ReminderId, n),
  ownerId: OWNER.id,
  agentId: AGENT.id,
  conversationId: idOf(ConversationId, 100),
  callId: idOf(CallId, n),
  text: "stretch",
  dueAt: at(dueAt),
  state: "scheduled",
  createdAt: at(0),
  firedAt: null,
  label: label("authority", [OWNER.id]),
  ...wish,
});

export const memory = (n: number, text = "the cat is called Tom"): Memory => ({
  id: idOf(MemoryId, n),
  ownerId: OWNER.id,
  agentId: AGENT.id,
  callId: idOf(CallId, n),
  text,
  label: label("authority", [OWNER.id]),
  createdAt: at(0),
});

export const toolCall = (n: number, tool = "clock.now"): ToolCall => ({
  id: idOf(CallId, n),
  turnId: idOf(TurnId, n),
  conversationId: idOf(ConversationId, n),
  agentId: AGENT.id,
  authority: OWNER.id,
  agentChain: [AGENT.id],
  tool,
  arguments: {},
  label: label("authority", [OWNER.id]),
});

export const callRecord = (call: ToolCall, state: CallRecord["state"]): CallRecord => ({
  callId: call.id,
  turnId: call.turnId,
  conversationId: call.conversationId,
  agentId: call.agentId,
  tool: call.tool,
  callDigest: Digest.parse("0".repeat(64)),
  state,
  updatedAt: at(0),
});

export const approval = (n: number, call: ToolCall, state: ApprovalState = "pending"): Approval => ({
  id: idOf(ApprovalId, n),
  conversationId: call.conversationId,
  turnId: call.turnId,
  callId: call.id,
  agentId: call.agentId,
  digest: Digest.parse("0".repeat(64)),
  question: {
    consequence: "Does it.",
    why: "It commits.",
    rule: "commit.unconstrained",
    tool: ToolName.parse("clock.now"),
    effect: "commit",
    arguments: [],
    leaves: null,
    undo: "none",
    scopes: ["once"],
    preview: null,
    sources: [],
    agentChain: [AGENT.id],
    grant: [],
    proposal: null,
    stepUp: false,
  },
  label: call.label,
  state,
  createdAt: at(0),
  expiresAt: at(60_000),
  answeredBy: null,
  answeredAt: null,
  scope: null,
  reason: null,
  edited: null,
});

export const manifest = (
  name: string,
  effect: ToolManifest["effect"],
  wish: Partial<ToolManifest> = {},
): ToolManifest => ({
  name: ToolName.parse(name),
  version: 1,
  title: name,
  description: name,
  effect,
  permissions: [`test:${effect}`],
  input: z.strictObject({}),
  critical: [],
  result: "context",
  undo: "none",
  repeatable: false,
  ...wish,
});

/** An object of which a test uses only some functions; any other one rejects, so that nothing passes by accident. */
const only = <T extends object>(known: Partial<T>): T =>
  new Proxy(known, {
    get: (target, name) =>
      name in target
        ? Reflect.get(target, name)
        : () => Promise.reject(new Error(`${String(name)} is not part of this test`)),
  }) as T; // what is missing rejects when it is called

const notFound = (kind: string): Result<never> => err(moltbotError("NOT_FOUND", { kind }));

/** What the model of a turn answers: nothing but text, or a call and then text. Waits for `gate` first. */
export const model = (
  gate: (signal: AbortSignal) => Promise<void> = async () => undefined,
  call: string | null = null,
): ModelPort => ({
  describe: () => ({ name: "fake", says: "a test's model", demonstration: true, local: true, tools: true }),
  stream: async function* ({ messages }, signal): AsyncIterable<Result<ModelEvent>> {
    await gate(signal);
    if (signal.aborted) {
      yield err(moltbotError("TURN_STOPPED"));
      return;
    }
    if (call !== null && messages.every(({ role }) => role !== "tool"))
      yield ok({ type: "call", call: { id: "m", tool: call, arguments: "{}" } });
    else yield ok({ type: "text", text: "good day" });
    yield ok({ type: "finish", reason: "stop", inputTokens: 1, outputTokens: 1 });
  },
});

/** A MAC that only tells texts apart, and randomness that is always the same. */
const FAKE_CRYPTO: Parameters<typeof createCanaries>[0] = {
  mac: (_purpose, text) =>
    Buffer.from(`${String(text)}0123456789`)
      .toString("hex")
      .padEnd(64, "0"),
  randomText: () => "AAECAwQFBgcICQ",
  equal: (a, b) => a === b,
};

/** A house whose storage is maps: the ports that the gateway's own parts reach, no more. */
export const fakeHouse = (
  wish: {
    readonly turns?: readonly Turn[];
    readonly reminders?: readonly Reminder[];
    readonly memories?: readonly Memory[];
    readonly model?: ModelPort;
    readonly guard?: Partial<Guard>;
    readonly catalog?: readonly ToolManifest[];
    readonly seconds?: number;
  } = {},
) => {
  let now = START;
  let nextId = 0x5000;
  let halted = false;
  let auditFault = false;
  let claimFault: "none" | "error" | "throws" = "none";
  const turns = new Map((wish.turns ?? []).map((one) => [one.id, one]));
  const fences = new Map<TurnId, number>();
  const reminders = new Map((wish.reminders ?? []).map((one) => [one.id, one]));
  const memories = new Map((wish.memories ?? []).map((one) => [one.id, one]));
  const approvals: Approval[] = [];
  const calls = new Map<CallId, CallRecord>();
  const capabilities: Capability[] = [];
  const agents: StoredAgent[] = [AGENT];
  const contacts: Contact[] = [];
  const messages: Message[] = [];
  const recorded: AuditEvent[] = [];
  const logged: string[] = [];
  const events: DomainEvent[] = [];
  let wake = (): void => undefined;
  let duringPark = (_lease: TurnLease): void => undefined;

  const change = (lease: TurnLease, to: Partial<Turn>): Result<void> => {
    const known = turns.get(lease.turn.id);
    if (known === undefined || fences.get(lease.turn.id) !== lease.fence || known.state !== "running")
      return err(moltbotError("QUEUE_LEASE_LOST"));
    turns.set(known.id, { ...known, ...to });
    return ok(undefined);
  };
  const ended = (lease: TurnLease, end: TurnEnd): Result<void> => change(lease, { state: end.state, end });

  const repositories: Repositories = {
    agents: only<Repositories["agents"]>({
      find: async (_scope, id) => {
        const found = agents.find((one) => one.id === id);
        return found === undefined ? notFound("agent") : ok(found);
      },
      list: async () => ok(agents),
      create: async (_scope, agent) => {
        agents.push(agent);
        return ok(undefined);
      },
      setReading: async (_scope, id, reading) => {
        const at = agents.findIndex((one) => one.id === id);
        const [found] = agents.slice(at, at + 1);
        if (at < 0 || found === undefined) return notFound("agent");
        agents[at] = { ...found, reading };
        return ok({ ...found, reading });
      },
      setTools: async (_scope, id, tools) => {
        const at = agents.findIndex((one) => one.id === id);
        const [found] = agents.slice(at, at + 1);
        if (at < 0 || found === undefined) return notFound("agent");
        agents[at] = { ...found, capabilities: tools };
        return ok({ ...found, capabilities: tools });
      },
    }),
    conversations: only<Repositories["conversations"]>({
      find: async (_scope, id) => ok({ ...conversation(1), id }),
      path: async (_scope, id) => ok(messages.filter((one) => one.conversationId === id)),
      append: async (_scope, _head, message) => {
        messages.push(message);
        return ok(message);
      },
      message: async (_scope, id) => {
        const found = messages.find((one) => one.id === id);
        return found === undefined ? notFound("message") : ok(found);
      },
    }),
    approvals: only<Repositories["approvals"]>({
      ofTurn: async (_scope, id) => ok(approvals.filter((one) => one.turnId === id)),
    }),
    capabilities: only<Repositories["capabilities"]>({
      epoch: async () => ok(4),
      create: async (_scope, capability) => {
        capabilities.push(capability);
        return ok(undefined);
      },
    }),
    calls: only<Repositories["calls"]>({ find: async (_scope, id) => ok(calls.get(id) ?? null) }),
    reminders: only<Repositories["reminders"]>({
      find: async (_scope, id) => {
        const found = reminders.get(id);
        return found === undefined ? notFound("reminder") : ok(found);
      },
      list: async (_scope, { state }) =>
        ok([...reminders.values()].filter((one) => state === undefined || one.state === state)),
      cancel: async (_scope, id) => {
        const known = reminders.get(id);
        if (known?.state !== "scheduled") return ok(false);
        reminders.set(id, { ...known, state: "cancelled" });
        return ok(true);
      },
      due: async (_scope, when, limit) =>
        ok(
          [...reminders.values()].filter(({ state, dueAt }) => state === "scheduled" && dueAt <= when).slice(0, limit),
        ),
      nextDue: async () =>
        ok(
          [...reminders.values()]
            .filter(({ state }) => state === "scheduled")
            .map(({ dueAt }) => dueAt)
            .toSorted()[0] ?? null,
        ),
      markFired: async (_scope, id, when) => {
        const known = reminders.get(id);
        if (known?.state !== "scheduled") return ok(false);
        reminders.set(id, { ...known, state: "fired", firedAt: when });
        return ok(true);
      },
    }),
    memories: only<Repositories["memories"]>({
      find: async (_scope, id) => {
        const found = memories.get(id);
        return found === undefined ? notFound("memory") : ok(found);
      },
      list: async (_scope, limit) => ok([...memories.values()].toReversed().slice(0, limit)),
      remove: async (_scope, id) => (memories.delete(id) ? ok(undefined) : notFound("memory")),
    }),
    people: only<Repositories["people"]>({
      list: async () =>
        ok([{ id: OWNER.id, name: OWNER.name, role: "owner", ownRole: null, state: "active", createdAt: at(0) }]),
    }),
    roles: only({}),
    teams: only({}),
    shares: only({}),
    usage: only({}),
    prompts: only({}),
    packages: only({}),
    signers: only({}),
    pluginItems: only({}),
    devices: only({}),
    identity: only({}),
    decisions: only({}),
    fileLabels: only({}),
    plans: only({}),
    provenance: only({}),
    jobs: only({}),
    schedules: only({}),
    outbox: only({}),
    attachments: only({}),
    privacy: only({}),
    copies: only({}),
    contacts: only<Repositories["contacts"]>({
      list: async () => ok(contacts),
      create: async (_scope, contact) => {
        contacts.push(contact);
        return ok(contact);
      },
      remove: async (_scope, id) => {
        const found = contacts.findIndex((one) => one.id === id);
        const [removed] = found < 0 ? [] : contacts.splice(found, 1);
        return removed === undefined ? notFound("contact") : ok(removed);
      },
    }),
    stops: only<Repositories["stops"]>({ current: async () => ok(null) }),
    turns: only<Repositories["turns"]>({
      claim: async () => {
        await Promise.resolve();
        if (claimFault === "throws") throw new Error("the disk is gone");
        if (claimFault === "error") return err(moltbotError("DATABASE_UNAVAILABLE", { problem: "busy" }));
        const busy = new Set(
          [...turns.values()].filter(({ state }) => state === "running").map(({ conversationId }) => conversationId),
        );
        const next = [...turns.values()].find(
          ({ state, conversationId }) => state === "queued" && !busy.has(conversationId),
        );
        if (next === undefined) return ok(null);
        const fence = (fences.get(next.id) ?? 0) + 1;
        const running: Turn = { ...next, state: "running" };
        fences.set(next.id, fence);
        turns.set(next.id, running);
        return ok({ turn: running, fence });
      },
      extend: async () => ok(undefined),
      progress: async (lease, { steps }) => change(lease, { steps }),
      park: async (lease, waitingFor) => {
        duringPark(lease);
        const answered = approvals.some(({ id, state }) => waitingFor.includes(id) && state !== "pending");
        return change(lease, answered ? { state: "queued", waitingFor: [] } : { state: "waiting", waitingFor });
      },
      resume: async (_scope, id) => {
        const known = turns.get(id);
        if (known?.state !== "waiting") return ok(false);
        turns.set(id, { ...known, state: "queued", waitingFor: [] });
        return ok(true);
      },
      finish: async (lease, end) => ended(lease, end),
      find: async (_scope, id) => {
        const found = turns.get(id);
        return found === undefined ? notFound("turn") : ok(found);
      },
    }),
  };
  const store: Store = {
    ...repositories,
    engine: "sqlite",
    searchAbilities: { phrase: true, prefix: true },
    atomically: (work) => work(repositories),
  };
  const clock = { now: () => instantOf(now), monotonic: () => now };
  const ids = {
    next: <T>(kind: { parse(text: string): T }): T => {
      nextId += 1;
      return idOf(kind, nextId);
    },
  };
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (text: string) => void logged.push(text),
    error: (text: string) => void logged.push(text),
  };
  const bus = createEventBus({ clock, ids, log });
  bus.subscribe((event) => events.push(event));
  const house: House = {
    store,
    audit: only<House["audit"]>({
      record: async (event) => {
        if (auditFault) return err(moltbotError("AUDIT_UNWRITABLE"));
        recorded.push(event);
        return ok({
          sequence: recorded.length - 1,
          at: clock.now(),
          event: event.event,
          actor: event.actor,
          fields: event.fields,
          commitments: {},
        });
      },
    }),
    tools: only<House["tools"]>({ catalog: () => wish.catalog ?? [manifest("clock.now", "read")] }),
    models: only<House["models"]>({ find: () => ok(wish.model ?? model()) }),
    events: bus,
    clock,
    ids,
    log,
    watch: createTurnWatch(),
    canaries: createCanaries(FAKE_CRYPTO),
    guardOf: () => only<Guard>({ asAnswered: async (_scope, call) => ok(call), ...wish.guard }),
    limits: () => ({ steps: 5, viewMessages: 50, outputTokens: 100, readerBits: 256, seconds: wish.seconds ?? 60 }),
    halted: () => halted,
    wake: () => wake(),
  };
  return {
    house,
    turns,
    reminders,
    memories,
    approvals,
    calls,
    capabilities,
    agents,
    contacts,
    messages,
    recorded,
    logged,
    events,
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
    failAudit: (fails: boolean) => {
      auditFault = fails;
    },
    halt: (stops: boolean) => {
      halted = stops;
    },
    failClaims: (how: typeof claimFault) => {
      claimFault = how;
    },
    bindWake: (next: () => void) => {
      wake = next;
    },
    whenParking: (run: (lease: TurnLease) => void) => {
      duringPark = run;
    },
    addTurn: (one: Turn) => turns.set(one.id, one),
    turnOf: (n: number) => turns.get(idOf(TurnId, n)),
    milliseconds: () => now - START,
    isDue: (one: Reminder) => millisecondsOf(one.dueAt) <= now,
  };
};

/** Waits until something is so; fails after two seconds. */
export const until = async (so: () => boolean | Promise<boolean>): Promise<void> => {
  for (let round = 0; round < 400; round += 1) {
    if (await so()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not happen");
};
