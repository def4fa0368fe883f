import { MemoryId, MessageId, ReminderId, done, err, moltbotError, ok, ownScope, sourceWord } from "@moltbot/contracts";
import type {
  AccessScope,
  KeptItem,
  MoltbotError,
  Principal,
  ProvenanceRemoval,
  Result,
  Source,
  TurnId,
} from "@moltbot/contracts";
import { derivedFrom, grantEffect } from "./derived.ts";
import type { Derived, DerivedGrant, Workspaces } from "./derived.ts";
import type { House } from "./house.ts";

export interface RemovalPorts {
  readonly house: House;
  readonly workspaces: Workspaces;
  /** Destroys keys for good. */
  readonly forget: (subjects: readonly string[]) => Promise<Result<void>>;
  /** Ends a turn wherever it is. */
  readonly stopTurn: (scope: AccessScope, id: TurnId) => Promise<Result<void>>;
}

/** What stands in the place of a removed message. */
const instead = (source: Source, at: string): string =>
  `[Removed on ${at.slice(0, 10)} with all that came from a ${source.kind} that you no longer trust.]`;

const countOf = (items: readonly KeptItem[], kind: KeptItem["kind"]): number =>
  items.filter((item) => item.kind === kind).length;

const numbersOf = ({ items, files, grants, effects }: Derived) => ({
  messages: countOf(items, "message"),
  memories: countOf(items, "memory"),
  reminders: countOf(items, "reminder"),
  files: files.length,
  grants: grants.length,
  effects: effects.length,
});

/** Nothing that was derived goes on working while it is taken away: turns that hold some of it in view are stopped. */
const stopTurnsOver = async (ports: RemovalPorts, scope: AccessScope, { items }: Derived): Promise<Result<void>> => {
  const { store } = ports.house;
  const open = await store.turns.open(scope);
  if (!open.ok) return open;
  if (open.value.length === 0) return done;
  const touched = new Set<string>();
  for (const { kind, id } of items) {
    if (kind !== "message") continue;
    const message = await store.conversations.message(scope, MessageId.parse(id));
    if (message.ok) touched.add(message.value.conversationId);
  }
  for (const turn of open.value) {
    if (!touched.has(turn.conversationId)) continue;
    const stopped = await ports.stopTurn(scope, turn.id);
    if (!stopped.ok) return stopped;
  }
  return done;
};

const removeItem = async (
  { house: { store, clock } }: RemovalPorts,
  scope: AccessScope,
  source: Source,
  { kind, id }: KeptItem,
): Promise<Result<void>> => {
  switch (kind) {
    case "memory":
      return store.memories.remove(scope, MemoryId.parse(id));
    case "message": {
      const removed = await store.conversations.removeContent(scope, MessageId.parse(id), instead(source, clock.now()));
      return removed.ok ? done : removed;
    }
    case "reminder": {
      const cancelled = await store.reminders.cancel(scope, ReminderId.parse(id));
      if (!cancelled.ok) return cancelled;
      return cancelled.value ? done : err(moltbotError("CONFLICT", { kind: "reminder" }));
    }
    case "file":
      return done; // files are set aside by their workspace
  }
};

const revoke = async (
  { house }: RemovalPorts,
  by: Principal,
  { capability, approval }: DerivedGrant,
): Promise<Result<void>> => {
  const fields = { capabilityId: capability.id, approvalId: approval.id };
  const recorded = await house.audit.record({ event: "capability:revoked", actor: by.id, fields });
  if (!recorded.ok) return recorded;
  const revoked = await house.store.capabilities.revoke(ownScope(by), capability.id, house.clock.now());
  return revoked.ok ? done : revoked;
};

/** What is gone already needs no reason. */
const whyKept = ({ code, message }: MoltbotError): string | null =>
  code === "NOT_FOUND" ? null : `${message} [${code}]`;

const takeAway = async (
  ports: RemovalPorts,
  scope: AccessScope,
  source: Source,
  derived: Derived,
): Promise<Pick<ProvenanceRemoval, "removed" | "kept">> => {
  const removed: KeptItem[] = [];
  const kept: ProvenanceRemoval["kept"][number][] = [];
  const note = (item: KeptItem, became: Result<void>): void => {
    const reason = became.ok ? null : whyKept(became.error);
    if (reason === null) removed.push(item);
    else kept.push({ item, reason });
  };
  for (const item of derived.items) note(item, await removeItem(ports, scope, source, item));
  for (const { agent, content, item } of derived.files)
    note(item, await ports.workspaces.setAside(agent, scope.principalId, item.id, content));
  return { removed, kept };
};

/**
 * Removes what came from a source: grants that were answers under its influence end first, turns over it stop, then memories, reminders, messages
 * and files. On record before anything changes; what could not be taken away is named. With `dryRun` it only says.
 */
export const removeSource = async (
  ports: RemovalPorts,
  by: Principal,
  source: Source,
  dryRun: boolean,
): Promise<Result<ProvenanceRemoval>> => {
  const { house } = ports;
  const scope = ownScope(by);
  const derived = await derivedFrom(house, ports.workspaces, scope, source);
  if (!derived.ok) return derived;
  const word = sourceWord(source);
  const effects = [...derived.value.effects, ...derived.value.grants.map(grantEffect)];
  if (dryRun) {
    const removed = [...derived.value.items, ...derived.value.files.map(({ item }) => item)];
    return ok({ source: word, done: false, removed, kept: [], effects });
  }
  const recorded = await house.audit.record({
    event: "source:removed",
    actor: by.id,
    fields: { kind: source.kind, ...numbersOf(derived.value) },
    details: { source: word },
    subject: `person:${by.id}`,
  });
  if (!recorded.ok) return recorded;
  for (const grant of derived.value.grants) {
    const revoked = await revoke(ports, by, grant);
    if (!revoked.ok) return revoked;
  }
  const stopped = await stopTurnsOver(ports, scope, derived.value);
  if (!stopped.ok) return stopped;
  const memories = derived.value.items.filter(({ kind }) => kind === "memory").map(({ id }) => `memory:${id}`);
  // All at once, and before the rows: a keyring without them is written a single time.
  const forgotten = memories.length === 0 ? done : await ports.forget(memories);
  if (!forgotten.ok) return forgotten;
  const { removed, kept } = await takeAway(ports, scope, source, derived.value);
  house.events.publish(
    "source:removed",
    { tenantId: by.tenantId, audience: [by.id] },
    { source: word, removed: removed.length },
  );
  return ok({ source: word, done: true, removed, kept, effects });
};
