import { APPROVAL_TRANSITIONS, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  Approval,
  CallRecord,
  Capability,
  Conversation,
  MoltbotError,
  Repositories,
  Result,
  Store,
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

const repositoriesOver = (rows: Rows, enter: <T>(work: () => Result<T>) => Promise<Result<T>>): Repositories => ({
  agents: untouched("agents"),
  reminders: untouched("reminders"),
  memories: untouched("memories"),
  identity: untouched("identity"),
  conversations: {
    ...untouchedMethods("conversations", ["create", "latest", "list", "append", "path", "message"]),
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
    expire: (_, now) =>
      enter(() => {
        const due = [...rows.approvals.values()].filter(
          (row) => (row.state === "pending" || row.state === "allowed") && row.expiresAt <= now,
        );
        const expired = due.map((row): Approval => ({ ...row, state: "expired" }));
        for (const row of expired) rows.approvals.set(row.id, row);
        return ok(expired);
      }),
  },
  capabilities: {
    // Deliberately unfiltered: the guard must not lean on the database for holder, epoch or revocation.
    ofHolder: () => enter(() => ok([...rows.capabilities.values()])),
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
  },
  calls: {
    find: (_, id) => enter(() => ok(rows.calls.get(id) ?? null)),
    ofTurn: (_, turnId) => enter(() => ok([...rows.calls.values()].filter((row) => row.turnId === turnId))),
    put: (_, row) => enter(() => ok(void rows.calls.set(row.callId, row))),
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

const COLLECTIONS = ["approvals", "capabilities", "calls", "conversations", "turns"] as const;

/** An in-memory store with real transactions: they run one at a time, everything else waits, and an error rolls back. */
export const memoryStore = (): MemoryStore => {
  const rows: Rows = {
    approvals: new Map(),
    capabilities: new Map(),
    calls: new Map(),
    conversations: new Map(),
    turns: new Map(),
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
