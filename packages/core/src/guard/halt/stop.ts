import { err, moltbotError, ok, StopId } from "@moltbot/contracts";
import type { AuditFields, Capability, Principal, Repositories, Result, Stop } from "@moltbot/contracts";
import type { GuardPorts } from "../guard-ports.ts";
import { isAhead } from "../instant-order.ts";
import { record } from "../record.ts";
import { isInPerson, tenantScope } from "./owner-in-person.ts";

export interface StopWish {
  readonly surface: Stop["surface"];
  readonly reason: string | null;
}

/** What the guard ended. */
export interface Stopped {
  readonly stop: Stop;
  readonly questionsCancelled: number;
  readonly capabilitiesEnded: number;
}

/** Whether a grant held until the epoch was raised from `epoch`. */
export const heldUntil = (capability: Capability, epoch: number, now: Stop["at"]): boolean =>
  capability.epoch === epoch &&
  capability.revokedAt === null &&
  (capability.expiresAt === "never" || isAhead(capability.expiresAt, now));

const begin = async (
  ports: GuardPorts,
  repositories: Repositories,
  by: Principal,
  wish: StopWish,
): Promise<Result<Stopped>> => {
  const scope = tenantScope(by);
  const now = ports.clock.now();
  const current = await repositories.stops.current(scope);
  if (!current.ok) return current;
  // Stopping twice is stopping once: the second says what holds.
  if (current.value !== null) return ok({ stop: current.value, questionsCancelled: 0, capabilitiesEnded: 0 });
  const all = await repositories.capabilities.list(scope);
  if (!all.ok) return all;
  const epoch = await repositories.capabilities.raiseEpoch(scope);
  if (!epoch.ok) return epoch;
  const stop: Stop = {
    id: ports.ids.next(StopId),
    tenantId: by.tenantId,
    by: by.id,
    surface: wish.surface,
    reason: wish.reason,
    epoch: epoch.value,
    at: now,
    resumedAt: null,
    resumedBy: null,
  };
  const begun = await repositories.stops.begin(scope, stop);
  if (!begun.ok) return begun;
  const cancelled = await repositories.approvals.cancelOpen(scope);
  if (!cancelled.ok) return cancelled;
  const ended = all.value.filter((capability) => heldUntil(capability, epoch.value - 1, now));
  return ok({ stop, questionsCancelled: cancelled.value.length, capabilitiesEnded: ended.length });
};

/** A database that throws must not keep the rest of a stop from happening. */
const written = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
  try {
    return await work();
  } catch {
    return err(moltbotError("DATABASE_UNAVAILABLE", { problem: "it does not answer" }));
  }
};

/** Best effort: what could not be recorded is stopped all the same. */
const recordStop = (ports: GuardPorts, by: Principal, wish: StopWish, fields: AuditFields): Promise<Result<void>> =>
  record(ports, {
    event: "system:stopped",
    actor: by.id,
    fields: { surface: wish.surface, ...fields },
    ...(wish.reason === null ? {} : { details: { reason: wish.reason } }),
    subject: `person:${by.id}`,
  });

/**
 * Stops everything: permits are dead before anything else is tried, then the epoch rises, which ends grants and tokens, and
 * questions are cancelled. It is recorded after it took effect: a stop must work also when nothing can be recorded.
 */
export const stop = async (ports: GuardPorts, by: Principal, wish: StopWish): Promise<Result<Stopped>> => {
  const may = isInPerson(by, "admin");
  if (!may.ok) return err(may.error);
  ports.permits.halt();
  const stopped = await written(() => ports.store.atomically((repositories) => begin(ports, repositories, by, wish)));
  // A resume that ran at the same time may have released what was halted above.
  ports.permits.halt();
  if (!stopped.ok) {
    await recordStop(ports, by, wish, { written: false });
    return stopped;
  }
  const { stop: inForce, questionsCancelled, capabilitiesEnded } = stopped.value;
  ports.permits.raiseEpoch(inForce.epoch);
  const facts = { stopId: inForce.id, epoch: inForce.epoch, questionsCancelled, capabilitiesEnded };
  await recordStop(ports, by, wish, facts);
  return stopped;
};
