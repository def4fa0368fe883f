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
import type { TurnWorkers } from "./turn-workers.ts";

/** What stopping and going on reach. */
export interface HaltPorts {
  readonly house: House;
  readonly guard: Pick<Guard, "stop" | "resume">;
  readonly workers: Pick<TurnWorkers, "stopAll" | "wake">;
  readonly secrets: { stopLending(): void; resumeLending(): void };
  readonly wakeReminders: () => void;
}

/** How long the gesture waits for running turns to say their end; they are aborted either way. */
const PATIENCE = 2_000;
/** After a stop that could not be written down. */
const RETRY = 2_000;

/** A stop is for the whole tenant. */
export const tenantScope = (by: Principal): AccessScope => ({
  tenantId: by.tenantId,
  principalId: by.id,
  reach: "tenant",
});

/** An owner in person: never an agent, and never somebody who may only write. */
const mayStop = (by: Principal): MoltbotError | null =>
  by.kind === "person" && by.role === "owner"
    ? null
    : moltbotError("ROLE_INSUFFICIENT", { required: "owner", role: by.role });

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

const openTurns = async (house: House, scope: AccessScope): Promise<readonly Turn[]> => {
  const open = await house.store.turns.open(scope);
  if (!open.ok) house.log.error("open turns cannot be read", { code: open.error.code });
  return open.ok ? open.value : [];
};

/** What waits until somebody goes on; nothing when it cannot be counted, since a stop does not fail for a number. */
export const held = async (
  house: House,
  scope: AccessScope,
): Promise<{ readonly turns: number; readonly reminders: number; readonly late: number }> => {
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
  setTimeout(() => {
    if (!ports.house.halted()) return;
    void ports.guard.stop(by, wish).then((stopped) => (stopped.ok ? undefined : keepTrying(ports, by, wish)));
  }, RETRY).unref();
};

const report = async (
  { house }: HaltPorts,
  by: Principal,
  { stop, questionsCancelled, capabilitiesEnded }: Stopped,
  running: { readonly turns: number; readonly ended: Promise<void> },
): Promise<StopReport> => {
  const scope = tenantScope(by);
  const error = moltbotError("EVERYTHING_STOPPED", { since: stop.at });
  const first = await openTurns(house, scope);
  const before = await endWaiting(
    house,
    first.filter(({ state }) => state === "waiting"),
    error,
  );
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE);
  });
  await Promise.race([running.ended, patience]);
  clearTimeout(timer);
  // One that lay down with its question while it was being aborted.
  const lain = (await openTurns(house, scope)).filter(({ state }) => state === "waiting");
  await endWaiting(house, lain, error);
  const { turns, reminders } = await held(house, scope);
  return {
    stop,
    turnsStopped: running.turns + before.length,
    turnsHeld: turns,
    questionsCancelled,
    remindersHeld: reminders,
    capabilitiesEnded,
  };
};

/**
 * Stops everything at once. What lies in memory dies first and together: permits, running calls, the lending of secrets, the
 * clock of reminders; no record, no database and no model is waited for before that. A second stop says what holds.
 */
export const stopEverything = async (
  ports: HaltPorts,
  by: Principal,
  wish: { readonly surface: Stop["surface"]; readonly reason: string | null },
): Promise<Result<StopReport>> => {
  const refused = mayStop(by);
  if (refused !== null) return err(refused);
  const { house, guard, workers, secrets } = ports;
  const stopping = guard.stop(by, wish); // its permits are dead when it returns, before it is awaited
  secrets.stopLending();
  const running = workers.stopAll(moltbotError("EVERYTHING_STOPPED", { since: house.clock.now() }));
  const stopped = await stopping;
  if (!stopped.ok) {
    house.log.error("everything is stopped, but it cannot be written down yet", { code: stopped.error.code });
    keepTrying(ports, by, wish);
    return stopped;
  }
  const said = await report(ports, by, stopped.value, running);
  house.events.publish("system:stopped", { tenantId: by.tenantId, audience: [by.id] }, { stop: stopped.value.stop });
  return ok(said);
};
