import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  MoltbotError,
  Principal,
  Result,
  Stop,
  StopReport,
  Turn,
  TurnId,
  TurnState,
} from "@moltbot/contracts";
import type { Guard, Stopped } from "@moltbot/core/guard";
import { endParked } from "./end-turn.ts";
import type { House } from "./house.ts";
import { houseScope, peopleOf } from "./keep-house.ts";
import type { TurnWorkers } from "./turn-workers.ts";
import type { DurableWork } from "./work/index.ts";

/** What stopping and going on reach. */
export interface HaltPorts {
  readonly house: House;
  readonly guard: Pick<Guard, "stop" | "resume">;
  readonly workers: Pick<TurnWorkers, "stopAll" | "wake">;
  /** Jobs and effects on their way out. */
  readonly work: Pick<DurableWork, "halt" | "wake">;
  readonly secrets: { stopLending(): void; resumeLending(): void };
  /** What models have run; nothing of it begins again by itself. */
  readonly programs: { endAll(): Promise<void> };
  readonly wakeReminders: () => void;
}

/** How long the gesture waits for running turns to say their end; they are aborted either way. */
const PATIENCE = 2_000;
/** After a stop that could not be written down. */
const RETRY = 2_000;

const ofOwner = ({ tenantId, ownerId }: Turn): AccessScope => ({ tenantId, principalId: ownerId, reach: "own" });

/** Ends what waits or has just lain down; gives those it ended. What cannot be ended now cannot run either. */
const endWaiting = async (house: House, turns: readonly Turn[], error: MoltbotError): Promise<readonly TurnId[]> => {
  const ended: TurnId[] = [];
  for (const turn of turns) {
    const one = await endParked(house, ofOwner(turn), turn, error);
    if (!one.ok) house.log.warn("a turn was stopped without a record of it", { turnId: turn.id, code: one.error.code });
    else if (one.value) ended.push(turn.id);
  }
  return ended;
};

/** Ends every turn that waits for a person; a notice says since when everything is stopped. */
const endAllWaiting = async (house: House, by: Principal, { at: since }: Stop): Promise<readonly TurnId[]> => {
  const open = await house.store.turns.open(houseScope(by));
  if (!open.ok) house.log.error("open turns cannot be read", { code: open.error.code });
  const waiting = open.ok ? open.value.filter(({ state }) => state === "waiting") : [];
  return endWaiting(house, waiting, moltbotError("EVERYTHING_STOPPED", { since }));
};

/** A stop is for everybody in the house. */
const announceStop = async (house: House, by: Principal, stop: Stop): Promise<void> => {
  const audience = await peopleOf(house.store, by, "everybody");
  house.events.publish("system:stopped", { tenantId: by.tenantId, audience }, { stop });
};

/** What waits until somebody goes on; nothing when it cannot be counted, since a stop does not fail for a number. */
export const held = async (
  house: House,
  by: Principal,
): Promise<{ readonly turns: number; readonly reminders: number; readonly late: number }> => {
  const scope = houseScope(by);
  const [turns, reminders] = await Promise.all([
    house.store.turns.counts(scope),
    house.store.reminders.list(scope, { state: "scheduled" }),
  ]);
  const queued: TurnState = "queued";
  const now = house.clock.now();
  return {
    turns: turns.ok ? turns.value[queued] : 0,
    reminders: reminders.ok ? reminders.value.length : 0,
    late: reminders.ok ? reminders.value.filter(({ dueAt }) => dueAt <= now).length : 0,
  };
};

/** The owner meant it: what could not be written down is tried until it is, so that a restart does not undo it. */
const keepTrying = (ports: HaltPorts, by: Principal, wish: Parameters<Guard["stop"]>[1]): void => {
  const again = async (): Promise<void> => {
    if (!ports.house.halted()) return; // somebody went on
    const stopped = await ports.guard.stop(by, wish);
    if (!stopped.ok) return keepTrying(ports, by, wish);
    await endAllWaiting(ports.house, by, stopped.value.stop);
    await cancelEffects(ports.house, by);
    await announceStop(ports.house, by, stopped.value.stop);
  };
  setTimeout(() => void again(), RETRY).unref();
};

/** It took effect, and it did not reach the database: both are said. */
const unwritten = (error: MoltbotError): MoltbotError =>
  moltbotError("DATABASE_UNAVAILABLE", {
    problem: `everything is stopped in this process, and it is being written down so that a restart does not undo it (${error.code})`,
  });

/** What waits to leave never does; nothing is given out meanwhile, so what cannot be cancelled now cannot leave either. */
const cancelEffects = async (house: House, by: Principal): Promise<void> => {
  const cancelled = await house.store.outbox.cancelWaiting(houseScope(by), house.clock.now());
  if (!cancelled.ok) house.log.error("waiting effects cannot be cancelled", { code: cancelled.error.code });
  else if (cancelled.value > 0) house.log.warn("effects that waited were cancelled", { effects: cancelled.value });
};

const report = async (
  { house }: HaltPorts,
  by: Principal,
  { stop, questionsCancelled, capabilitiesEnded }: Stopped,
  running: { readonly turns: number; readonly ended: Promise<void> },
): Promise<StopReport> => {
  const before = await endAllWaiting(house, by, stop);
  await cancelEffects(house, by);
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE);
  });
  await Promise.race([running.ended, patience]);
  clearTimeout(timer);
  // One that lay down with its question while it was being aborted; not what waits since somebody went on.
  if (house.halted()) await endAllWaiting(house, by, stop);
  const { turns, reminders } = await held(house, by);
  return {
    stop,
    turnsStopped: running.turns + before.length,
    turnsHeld: turns,
    questionsCancelled,
    remindersHeld: reminders,
    capabilitiesEnded,
  };
};

/** Kills what runs and what a call could borrow; it waits for nothing. */
const killAtOnce = ({ house, workers, work, secrets, programs }: HaltPorts): ReturnType<TurnWorkers["stopAll"]> => {
  secrets.stopLending();
  work.halt();
  // Each is killed before this returns; only what it left behind takes a moment.
  void programs.endAll().catch(() => house.log.error("programs could not be ended", {}));
  return workers.stopAll(moltbotError("EVERYTHING_STOPPED", { since: house.clock.now() }));
};

const NOTHING_RAN = { turns: 0, ended: Promise.resolve() };

/**
 * Stops everything at once. What lies in memory dies first and together: permits, running calls, the lending of secrets, the
 * clock of reminders; no record, no database and no model is waited for before that. A second stop says what holds.
 */
export const stopEverything = async (
  ports: HaltPorts,
  by: Principal,
  wish: { readonly surface: Stop["surface"]; readonly reason: string | null },
): Promise<Result<StopReport>> => {
  const { house, guard, secrets } = ports;
  // The guard judges who asks and halts before it is awaited; of one who may not stop, nothing follows here either.
  const stopping = guard.stop(by, wish);
  const running = house.halted() ? killAtOnce(ports) : NOTHING_RAN;
  const stopped = await stopping;
  // Somebody who went on while this was being written down may have lent secrets again.
  if (house.halted()) secrets.stopLending();
  if (!stopped.ok) {
    if (stopped.error.code === "ROLE_INSUFFICIENT" || !house.halted()) return stopped;
    house.log.error("everything is stopped, but it cannot be written down yet", { code: stopped.error.code });
    keepTrying(ports, by, wish);
    return err(unwritten(stopped.error));
  }
  const said = await report(ports, by, stopped.value, running);
  await announceStop(house, by, stopped.value.stop);
  return ok(said);
};
