import { millisecondsOf } from "@moltbot/contracts";
import type { AccessScope, ClockPort, Instant, LogPort, Result, Store } from "@moltbot/contracts";

const MINUTE = 60_000;
const LOOK_EVERY = 5_000;

export interface IdlePorts {
  /** Minutes after which the vault locks by itself; 0: never. Read at every look. */
  readonly minutes: () => number;
  readonly runningTurns: () => number;
  readonly store: Pick<Store, "reminders" | "schedules">;
  readonly system: AccessScope;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly lock: () => void;
  /** Milliseconds between two looks. */
  readonly every?: number;
}

/** Watches over how long nobody has asked for anything. */
export interface IdleWatch {
  /** Somebody who is known asked for something, or has just been answered. */
  touch(): void;
  close(): void;
}

const isSoon = (due: Result<Instant | null>, now: number): boolean =>
  // What cannot be read may be due: the vault stays open, and the log says why.
  !due.ok || (due.value !== null && millisecondsOf(due.value) - now <= MINUTE);

/**
 * Locks the vault after so many minutes in which no operation was called or being answered, no turn ran, and no reminder or schedule
 * falls due within the next minute. An open page or event stream does not count: it asks for nothing.
 */
export const startIdleLock = (ports: IdlePorts): IdleWatch => {
  const { clock, store, system } = ports;
  let last = clock.monotonic();
  let isLooking = false;

  const look = async (): Promise<void> => {
    const minutes = ports.minutes();
    if (ports.runningTurns() > 0) last = clock.monotonic();
    if (minutes === 0 || clock.monotonic() - last < minutes * MINUTE) return;
    const now = millisecondsOf(clock.now());
    const [reminder, schedule] = [await store.reminders.nextDue(system), await store.schedules.nextDue(system)];
    const isIdle = ports.runningTurns() === 0 && clock.monotonic() - last >= minutes * MINUTE;
    if (isIdle && !isSoon(reminder, now) && !isSoon(schedule, now)) ports.lock();
  };

  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look()
      .catch((cause: unknown) => ports.log.error("the idle lock cannot look", { problem: String(cause) }))
      .finally(() => {
        isLooking = false;
      });
  }, ports.every ?? LOOK_EVERY);
  timer.unref();
  return {
    touch: () => {
      last = clock.monotonic();
    },
    close: () => clearInterval(timer),
  };
};
