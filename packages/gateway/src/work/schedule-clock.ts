import { JobId, err, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, Firing, Instant, Result, Schedule } from "@moltbot/contracts";
import { readCron } from "./cron.ts";
import type { CronTimes } from "./cron.ts";
import type { JobHandlers } from "./job-handler.ts";
import type { WorkPorts } from "./work-ports.ts";

const LONGEST_SLEEP = 30_000;
/** A time found later than this was missed: nobody watched when it came. */
const LATE_MILLISECONDS = 90_000;
const RETRY_MILLISECONDS = 2_000;
const MOST_SCHEDULES = 50;
/** How many times of one schedule are accounted for in one transaction. */
const MOST_TIMES = 500;
/** A schedule that is further behind than so many times leaves one record of the span in between. */
const MOST_BEHIND = 10_000;
const MOST_ATTEMPTS = 5;
/** How far back it is looked whether a time was fired before the clock was set back. */
const REMEMBERED = 1_000;

export interface ScheduleClock {
  /** Looks again: a schedule was set, or somebody went on after a stop. Resolves when the look is over. */
  wake(): Promise<void>;
  close(): Promise<void>;
}

const ownerOf = ({ tenantId, ownerId }: Schedule): AccessScope => ({ tenantId, principalId: ownerId, reach: "own" });

/**
 * The one clock: makes a job of every time that a schedule names, and accounts for each time whatever became of it. Job, firing
 * and the schedule's next time are one transaction, so that no crash fires a time twice or loses one.
 */
export const startScheduleClock = (ports: WorkPorts, handlers: JobHandlers, wakeJobs: () => void): ScheduleClock => {
  const { house, system } = ports;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let running: Promise<void> = Promise.resolve();
  let lastLook: Instant | null = null;
  const behind = new Map<string, number>();

  /** Whether nothing failed; what is left over is due at once. */
  const round = async (): Promise<boolean> => {
    const now = house.clock.now();
    // At the start too: the clock may have been set back while nobody looked.
    if (lastLook === null || now < lastLook) await pullBack(ports, now);
    lastLook = now;
    const due = await house.store.schedules.due(system, now, MOST_SCHEDULES);
    if (!due.ok) {
      house.log.error("due schedules cannot be read", { code: due.error.code });
      return false;
    }
    let failed = false;
    for (const schedule of due.value) {
      if (closed) break;
      const counted = behind.get(schedule.id) ?? 0;
      const settled = await accountFor(ports, handlers, schedule, now, counted);
      if (!settled.ok) {
        house.log.error("a schedule cannot be moved on", { scheduleId: schedule.id, code: settled.error.code });
        failed = true;
        continue;
      }
      if (settled.value.caughtUp) behind.delete(schedule.id);
      else behind.set(schedule.id, counted + settled.value.times);
      if (settled.value.fired) wakeJobs();
    }
    return !failed;
  };

  const sleep = async (done: boolean): Promise<void> => {
    if (closed) return;
    const next = await house.store.schedules.nextDue(system);
    const wait =
      next.ok && next.value !== null ? millisecondsOf(next.value) - millisecondsOf(house.clock.now()) : LONGEST_SLEEP;
    clearTimeout(timer);
    const least = done && next.ok ? 0 : RETRY_MILLISECONDS;
    timer = setTimeout(() => void wake(), Math.min(Math.max(wait, least) + 5, LONGEST_SLEEP));
    timer.unref();
  };

  const wake = (): Promise<void> => {
    clearTimeout(timer);
    if (closed) return running;
    running = running
      .then(round)
      .catch((cause: unknown) => {
        house.log.error("the schedules failed in a way the program does not know", { problem: String(cause) });
        return false;
      })
      .then(sleep);
    return running;
  };

  void wake();
  return {
    wake,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
};

interface Span {
  /** The times up to now, oldest first. */
  readonly times: readonly Instant[];
  readonly next: Instant | null;
  readonly caughtUp: boolean;
}

const spanOf = (cron: CronTimes, from: Instant, now: Instant): Span => {
  const times = [from];
  let next = cron.next(from);
  while (next !== null && next <= now && times.length < MOST_TIMES) {
    times.push(next);
    next = cron.next(next);
  }
  return { times, next, caughtUp: next === null || next > now };
};

/** Only its ends: the times between are too many to be told apart. */
const leap = (cron: CronTimes, from: Instant, now: Instant): Span => {
  const latest = cron.latest(now);
  return {
    times: latest === null || latest <= from ? [from] : [from, latest],
    next: cron.next(now),
    caughtUp: true,
  };
};

interface Settled {
  readonly fired: boolean;
  readonly caughtUp: boolean;
  readonly times: number;
}

/** Accounts for the times of one schedule up to now; fires the newest where it is due or may be made up for. */
const accountFor = async (
  ports: WorkPorts,
  handlers: JobHandlers,
  schedule: Schedule,
  now: Instant,
  behind: number,
): Promise<Result<Settled>> => {
  const { house } = ports;
  const from = schedule.nextAt;
  if (from === null) return ok({ fired: false, caughtUp: true, times: 0 });
  const cron = readCron(schedule.cron, schedule.timeZone);
  if (!cron.ok) return cron;
  const far = behind >= MOST_BEHIND;
  const span = far ? leap(cron.value, from, now) : spanOf(cron.value, from, now);
  if (far) {
    const recorded = await house.audit.record({
      event: "schedule:leapt",
      actor: "system",
      fields: { scheduleId: schedule.id, from, to: now },
    });
    if (!recorded.ok) return recorded;
  }
  const newest = span.caughtUp ? (span.times.at(-1) ?? null) : null;
  const frozen = house.halted() && handlers.get(schedule.kind)?.housekeeping !== true;
  const late = newest !== null && millisecondsOf(now) - millisecondsOf(newest) > LATE_MILLISECONDS;
  const fires = newest !== null && !frozen && (!late || schedule.missed === "run-once");
  const passed = fires ? span.times.slice(0, -1) : span.times;
  const firings = passed.map((at): Firing => ({
    scheduleId: schedule.id,
    at,
    state: frozen ? "skipped" : "missed",
    jobId: null,
    settledAt: now,
    problem: null,
  }));
  const moved = await move(ports, schedule, { from, to: span.next, passed: firings, fires: fires ? newest : null });
  return moved.ok ? ok({ fired: moved.value, caughtUp: span.caughtUp, times: span.times.length }) : moved;
};

interface Move {
  readonly from: Instant;
  readonly to: Instant | null;
  readonly passed: readonly Firing[];
  /** The time that becomes a job. */
  readonly fires: Instant | null;
}

/** Job, account and next time in one transaction; whether a job came of it. */
const move = async (ports: WorkPorts, schedule: Schedule, wish: Move): Promise<Result<boolean>> => {
  const { house, system } = ports;
  const { from, to, passed, fires } = wish;
  const moved = await house.store.atomically<boolean>(async (repositories) => {
    if (fires === null) {
      const advanced = await repositories.schedules.advance(system, schedule.id, from, to, passed);
      return advanced.ok ? ok(false) : advanced;
    }
    const job = await repositories.jobs.enqueue(ownerOf(schedule), {
      id: house.ids.next(JobId),
      kind: schedule.kind,
      payload: schedule.payload,
      runAt: house.clock.now(),
      mostAttempts: MOST_ATTEMPTS,
      key: `schedule:${schedule.id}@${fires}`,
    });
    if (!job.ok) return job;
    if (!job.value.fresh) return err(moltbotError("CONFLICT", { kind: "schedule" }));
    const firing: Firing = {
      scheduleId: schedule.id,
      at: fires,
      state: "queued",
      jobId: job.value.job.id,
      settledAt: null,
      problem: null,
    };
    const advanced = await repositories.schedules.advance(system, schedule.id, from, to, [...passed, firing]);
    return advanced.ok ? ok(true) : advanced;
  });
  if (moved.ok || moved.error.code !== "CONFLICT") return moved;
  // Either another process moved it, or this very time was fired before the clock was set back: then it is not fired again.
  const past = await house.store.schedules.advance(system, schedule.id, from, to, passed);
  return past.ok || past.error.code === "CONFLICT" ? ok(false) : past;
};

/** After the clock was set back: a schedule whose next time lies further ahead than its expression says comes back to it. */
const pullBack = async ({ house, system }: WorkPorts, now: Instant): Promise<void> => {
  const schedules = await house.store.schedules.list(system);
  if (!schedules.ok) return house.log.error("schedules cannot be read", { code: schedules.error.code });
  for (const { id, cron, timeZone, active, nextAt } of schedules.value) {
    const times = readCron(cron, timeZone);
    if (!active || nextAt === null || !times.ok) continue;
    const expected = times.value.next(now);
    if (expected === null || expected >= nextAt) continue;
    const past = await house.store.schedules.firings(system, id, REMEMBERED);
    const fired = new Set<string>(past.ok ? past.value.filter(({ jobId }) => jobId !== null).map(({ at }) => at) : []);
    let next: Instant | null = expected;
    while (next !== null && fired.has(next)) next = times.value.next(next);
    if (!past.ok || next === null || next >= nextAt) continue;
    const moved = await house.store.schedules.advance(system, id, nextAt, next, []);
    house.log.warn("the clock was set back: a schedule comes earlier again", {
      scheduleId: id,
      nextAt: next,
      ok: moved.ok,
    });
  }
};
