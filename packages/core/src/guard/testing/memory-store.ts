import { APPROVAL_TRANSITIONS, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  Approval,
  CallId,
  CallRecord,
  Capability,
  CapabilityUsage,
  CapabilityUse,
  Contact,
  Conversation,
  DecisionRecord,
  MoltbotError,
  Plan,
  Repositories,
  Result,
  Stop,
  Store,
  StoredAgent,
  Turn,
} from "@moltbot/contracts";
import { pause } from "./ports.ts";

/** The rows, open for a test to look at and to tamper with. */
export interface Rows {
  approvals: Map<string, Approval>;
  capabilities: Map<string, Capability>;
  calls: Map<string, CallRecord>;
  conversations: Map<string, Conversation>;
  turns: Map<string, Turn>;
  decisions: Map<string, DecisionRecord>;
  /** By capability and call. */
  uses: Map<string, CapabilityUse>;
  stops: Map<string, Stop>;
  agents: Map<string, StoredAgent>;
  plans: Map<string, Plan>;
  /** By plan and step. */
  steps: Map<string, CallId>;
  contacts: Map<string, Contact>;
  epoch: number;
}

/** A port the guard must never touch: any use of it fails the test. */
const untouched = <T extends object>(name: string): T =>
  new Proxy(
    {},
    {
      get: () => {
        throw new Error(`the guard used ${name}`);
      },
    },
  ) as T; // every property of it throws, whatever T promises

const found = <T>(row: T | undefined, kind: string): Result<T> =>
  row === undefined ? err(moltbotError("NOT_FOUND", { kind })) : ok(row);

const isOpen = ({ state }: Approval): boolean => state === "pending" || state === "allowed";

const moveOpen = (rows: Rows, to: Approval["state"], which: (row: Approval) => boolean): readonly Approval[] => {
  const moved = [...rows.approvals.values()]
    .filter((row) => isOpen(row) && which(row))
    .map((row): Approval => ({ ...row, state: to }));
  for (const row of moved) rows.approvals.set(row.id, row);
  return moved;
};

const usageOf = (id: CapabilityUsage["capabilityId"], all: readonly CapabilityUse[]): readonly CapabilityUsage[] => {
  const uses = all.filter(({ capabilityId }) => capabilityId === id);
  if (uses.length === 0) return [];
  const amounts: Record<string, number> = {};
  for (const use of uses) {
    for (const [name, amount] of Object.entries(use.amounts)) amounts[name] = (amounts[name] ?? 0) + amount;
  }
  return [
    {
      capabilityId: id,
      count: uses.length,
      bytes: uses.reduce((sum, { bytes }) => sum + bytes, 0),
      amounts,
      recent: uses.map(({ at }) => at).toSorted((a, b) => (a < b ? 1 : -1)),
    },
  ];
};

const repositoriesOver = (rows: Rows, enter: <T>(work: () => Result<T>) => Promise<Result<T>>): Repositories => ({
  agents: {
    ...untouchedMethods("agents", ["create", "list", "setReading", "setTools"]),
    find: (_, id) => enter(() => found(rows.agents.get(id), "agent")),
  } as Repositories["agents"], // the rest throws when it is called
  people: untouched("people"),
  roles: untouched("roles"),
  teams: untouched("teams"),
  shares: untouched("shares"),
  prompts: untouched("prompts"),
  devices: untouched("devices"),
  fileLabels: untouched("fileLabels"),
  provenance: untouched("provenance"),
  jobs: untouched("jobs"),
  schedules: untouched("schedules"),
  outbox: untouched("outbox"),
  attachments: untouched("attachments"),
  privacy: untouched("privacy"),
  copies: untouched("copies"),
  usage: untouched("usage"),
  packages: untouched("packages"),
  signers: untouched("signers"),
  pluginItems: untouched("pluginItems"),
  plans: {
    create: (_, plan) => enter(() => ok(void rows.plans.set(plan.id, structuredClone(plan)))),
    find: (_, id) => enter(() => found(rows.plans.get(id), "plan")),
    ofTurn: (_, turnId) => enter(() => ok([...rows.plans.values()].filter((row) => row.turnId === turnId))),
    takenBy: (_, id, step) => enter(() => ok(rows.steps.get(`${id} ${String(step)}`) ?? null)),
    take: (_, id, step, callId) =>
      enter(() => {
        const key = `${id} ${String(step)}`;
        const by = rows.steps.get(key) ?? callId;
        if (by !== callId) return err(moltbotError("CONFLICT", { kind: "plan step" }));
        return ok(void rows.steps.set(key, by));
      }),
  },
  contacts: {
    create: () => Promise.reject(new Error("the guard confirms no contact")),
    remove: () => Promise.reject(new Error("the guard removes no contact")),
    list: () => enter(() => ok([...rows.contacts.values()])),
    ofAddresses: (_, addresses) =>
      enter(() => ok([...rows.contacts.values()].filter(({ address }) => addresses.includes(address)))),
  },
  decisions: {
    record: (_, record) => enter(() => ok(void rows.decisions.set(record.id, structuredClone(record)))),
    find: (_, id) => enter(() => found(rows.decisions.get(id), "decision")),
    countCalls: (_, since) =>
      enter(() =>
        ok(new Set([...rows.decisions.values()].filter(({ at }) => at >= since).map(({ callId }) => callId)).size),
      ),
    newest: (_, filter, before, limit) =>
      enter(() =>
        ok(
          [...rows.decisions.values()]
            .filter((row) => filter.agentId === undefined || row.agentId === filter.agentId)
            .filter((row) => filter.tool === undefined || row.input.call.tool === filter.tool)
            .filter((row) => before === null || row.id < before)
            .toSorted((a, b) => (a.id < b.id ? 1 : -1))
            .slice(0, limit),
        ),
      ),
    ofCall: (_, callId) => enter(() => ok([...rows.decisions.values()].filter((row) => row.callId === callId))),
    page: (_, filter, after, limit) =>
      enter(() =>
        ok(
          [...rows.decisions.values()]
            .filter((row) => filter.agentId === undefined || row.agentId === filter.agentId)
            .filter((row) => filter.tool === undefined || row.input.call.tool === filter.tool)
            .filter((row) => filter.since === undefined || row.at >= filter.since)
            .filter((row) => after === null || row.id > after)
            .toSorted((a, b) => (a.id < b.id ? -1 : 1))
            .slice(0, limit),
        ),
      ),
  },
  stops: {
    current: () => enter(() => ok([...rows.stops.values()].find(({ resumedAt }) => resumedAt === null) ?? null)),
    begin: (_, stop) =>
      enter(() => {
        if ([...rows.stops.values()].some(({ resumedAt }) => resumedAt === null)) {
          return err(moltbotError("CONFLICT", { kind: "stop" }));
        }
        return ok(void rows.stops.set(stop.id, stop));
      }),
    end: (_, id, by, at) =>
      enter(() => {
        const current = rows.stops.get(id);
        if (current === undefined || current.resumedAt !== null) return err(moltbotError("NOT_STOPPED"));
        const ended: Stop = { ...current, resumedAt: at, resumedBy: by };
        rows.stops.set(ended.id, ended);
        return ok(ended);
      }),
  },
  reminders: untouched("reminders"),
  memories: untouched("memories"),
  identity: untouched("identity"),
  conversations: {
    ...untouchedMethods("conversations", ["create", "latest", "list", "append", "path", "message", "removeContent"]),
    find: (_, id) => enter(() => found(rows.conversations.get(id), "conversation")),
  } as Repositories["conversations"], // the rest throws when it is called
  turns: {
    ...untouchedMethods("turns", ["enqueue", "claim", "extend", "progress", "park", "resume", "finish", "cancel"]),
    find: (_, id) => enter(() => found(rows.turns.get(id), "turn")),
  } as Repositories["turns"], // the rest throws when it is called
  approvals: {
    create: (_, approval) => enter(() => ok(void rows.approvals.set(approval.id, approval))),
    find: (_, id) => enter(() => found(rows.approvals.get(id), "approval")),
    list: (_, state, limit) =>
      enter(() =>
        ok([...rows.approvals.values()].filter((row) => state === "all" || row.state === state).slice(0, limit)),
      ),
    ofTurn: (_, turnId) => enter(() => ok([...rows.approvals.values()].filter((row) => row.turnId === turnId))),
    since: (_, since, limit) =>
      enter(() =>
        ok(
          [...rows.approvals.values()]
            .filter(({ createdAt }) => createdAt >= since)
            .toReversed()
            .slice(0, limit),
        ),
      ),
    move: (_, id, from, to, change) =>
      enter(() => {
        const row = rows.approvals.get(id);
        if (row === undefined) return err(moltbotError("NOT_FOUND", { kind: "approval" }));
        if (row.state !== from || !APPROVAL_TRANSITIONS[from].includes(to)) {
          return err(moltbotError("APPROVAL_ALREADY_ANSWERED", { state: row.state }));
        }
        const moved: Approval = { ...row, ...change, state: to };
        rows.approvals.set(id, moved);
        return ok(moved);
      }),
    due: (_, now, limit) =>
      enter(() =>
        ok(
          [...rows.approvals.values()]
            .filter((row) => isOpen(row) && row.expiresAt <= now)
            .toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1))
            .slice(0, limit),
        ),
      ),
    expire: (_, ids, now) =>
      enter(() => ok(moveOpen(rows, "expired", (row) => ids.includes(row.id) && row.expiresAt <= now))),
    cancelOpen: () => enter(() => ok(moveOpen(rows, "cancelled", () => true))),
  },
  capabilities: {
    // Deliberately unfiltered: the guard must not lean on the database for holder, epoch or revocation.
    ofHolders: () => enter(() => ok([...rows.capabilities.values()])),
    list: () => enter(() => ok([...rows.capabilities.values()])),
    create: (_, capability) => enter(() => ok(void rows.capabilities.set(capability.id, capability))),
    revoke: (_, id, at) =>
      enter(() => {
        const row = rows.capabilities.get(id);
        if (row === undefined) return err(moltbotError("NOT_FOUND", { kind: "capability" }));
        const revoked: Capability = { ...row, revokedAt: at };
        rows.capabilities.set(id, revoked);
        return ok(revoked);
      }),
    epoch: () => enter(() => ok(rows.epoch)),
    raiseEpoch: () =>
      enter(() => {
        rows.epoch += 1;
        return ok(rows.epoch);
      }),
    addUse: (_, use) =>
      enter(() => {
        const key = `${use.capabilityId} ${use.callId}`;
        if (!rows.uses.has(key)) rows.uses.set(key, use);
        return ok(undefined);
      }),
    usage: (_, ids) => enter(() => ok(ids.flatMap((id) => usageOf(id, [...rows.uses.values()])))),
  },
  calls: {
    find: (_, id) => enter(() => ok(rows.calls.get(id) ?? null)),
    ofTurn: (_, turnId) => enter(() => ok([...rows.calls.values()].filter((row) => row.turnId === turnId))),
    put: (_, row) => enter(() => ok(void rows.calls.set(row.callId, row))),
    edit: (_, row) =>
      enter(() => {
        if (rows.calls.get(row.callId)?.state !== "asked") return err(moltbotError("CONFLICT", { kind: "call" }));
        return ok(void rows.calls.set(row.callId, row));
      }),
    countUnknown: () => enter(() => ok([...rows.calls.values()].filter(({ state }) => state === "unknown").length)),
    admitted: (_, turnId, agentId, since) =>
      enter(() => {
        const ran = [...rows.calls.values()].filter(({ state }) => state !== "asked" && state !== "refused");
        return ok({
          turn: ran.filter((row) => row.turnId === turnId).length,
          agent: ran.filter((row) => row.agentId === agentId && row.updatedAt >= since).length,
        });
      }),
  },
});

function untouchedMethods(name: string, methods: readonly string[]): Readonly<Record<string, () => never>> {
  return Object.fromEntries(
    methods.map((method) => [
      method,
      () => {
        throw new Error(`the guard used ${name}.${method}`);
      },
    ]),
  );
}

export interface MemoryStore extends Store {
  readonly rows: Rows;
  /** Fails the n-th operation from now on (1 is the next one) with this error, once; "throws" throws instead. */
  failAt(operation: number, error: MoltbotError | "throws"): void;
  readonly operations: () => number;
}

const COLLECTIONS = [
  "approvals",
  "capabilities",
  "calls",
  "conversations",
  "turns",
  "decisions",
  "uses",
  "stops",
  "agents",
  "plans",
  "steps",
  "contacts",
] as const;

/** An in-memory store with real transactions: they run one at a time, everything else waits, and an error rolls back. */
export const memoryStore = (): MemoryStore => {
  const rows: Rows = {
    approvals: new Map(),
    capabilities: new Map(),
    calls: new Map(),
    conversations: new Map(),
    turns: new Map(),
    decisions: new Map(),
    uses: new Map(),
    stops: new Map(),
    agents: new Map(),
    plans: new Map(),
    steps: new Map(),
    contacts: new Map(),
    epoch: 1,
  };
  let tail: Promise<unknown> = Promise.resolve();
  let countdown = 0;
  let failure: MoltbotError | "throws" | null = null;
  let operations = 0;
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = tail.then(work, work);
    tail = mine.catch(() => undefined);
    return mine;
  };
  const perform = async <T>(work: () => Result<T>): Promise<Result<T>> => {
    await pause();
    operations += 1;
    countdown -= 1;
    if (countdown === 0 && failure !== null) {
      if (failure === "throws") throw new Error("the database is gone");
      return err(failure);
    }
    return work();
  };
  const outside = repositoriesOver(rows, (work) => inTurn(() => perform(work)));
  const inside = repositoriesOver(rows, perform);
  return {
    ...outside,
    engine: "sqlite",
    searchAbilities: { phrase: true, prefix: true },
    rows,
    operations: () => operations,
    failAt: (operation, error) => {
      countdown = operation;
      failure = error;
    },
    atomically: (work) =>
      inTurn(async () => {
        const before = {
          ...rows,
          ...Object.fromEntries(COLLECTIONS.map((name) => [name, new Map<string, unknown>(rows[name])])),
        };
        const rollBack = () => Object.assign(rows, before);
        try {
          const result = await work(inside);
          if (!result.ok) rollBack();
          return result;
        } catch (problem) {
          rollBack();
          throw problem;
        }
      }),
  };
};
