import type { Instant, JobId, OutboxId, ScheduleId } from "../ids.ts";
import type { AccessScope } from "../principal.ts";
import type { Result } from "../result.ts";
import type { Firing, Job, JobLease, JobWish, OutboxItem, Schedule } from "../work.ts";

type Async<T> = Promise<Result<T>>;

/** Durable work of one engine. Inside `atomically` a job is enqueued in the very transaction that decided on it. */
export interface JobQueue {
  /** A known key of this owner returns the job that exists and `fresh: false`. */
  enqueue(scope: AccessScope, wish: JobWish): Async<{ readonly job: Job; readonly fresh: boolean }>;
  /** Leases up to `limit` due jobs of these kinds until `until`, oldest first. Leases that ran out, and those of a process that is gone, count as due. */
  claim(kinds: readonly string[], now: Instant, until: Instant, limit: number): Async<readonly JobLease[]>;
  /** QUEUE_LEASE_LOST with an old fence, as in all that follow. */
  extend(lease: JobLease, until: Instant): Async<void>;
  complete(lease: JobLease): Async<void>;
  /** Back to the queue at `retryAt`; dead with the problem's code when it is null or the attempts are spent. Returns the job as it is now. */
  fail(lease: JobLease, problem: string, retryAt: Instant | null): Async<Job>;
  find(scope: AccessScope, id: JobId): Async<Job>;
  /** Newest first. */
  list(scope: AccessScope, state: Job["state"] | "all", limit: number): Async<readonly Job[]>;
  /** How many gave up and were not taken up again. */
  countDead(scope: AccessScope): Async<number>;
  /** dead → queued, with its attempts counted anew; false when it is not dead. */
  revive(scope: AccessScope, id: JobId, runAt: Instant): Async<boolean>;
  /** queued → cancelled; false when it runs or has ended. */
  cancel(scope: AccessScope, id: JobId): Async<boolean>;
  /** Forgets what ended before; returns how many. */
  prune(scope: AccessScope, endedBefore: Instant): Async<number>;
}

/** Schedules and the account of every time they named. */
export interface ScheduleRepository {
  /** Creates it, or changes the one of this owner and name; its past stays. */
  put(scope: AccessScope, schedule: Schedule): Async<Schedule>;
  list(scope: AccessScope): Async<readonly Schedule[]>;
  remove(scope: AccessScope, id: ScheduleId): Async<void>;
  /** Active ones whose time has come, oldest first. */
  due(scope: AccessScope, now: Instant, limit: number): Async<readonly Schedule[]>;
  nextDue(scope: AccessScope): Async<Instant | null>;
  /**
   * Moves the schedule from `from` to `nextAt` and records the firings of the times between, in one step; CONFLICT when another
   * process moved it first, so no time is fired twice.
   */
  advance(
    scope: AccessScope,
    id: ScheduleId,
    from: Instant,
    nextAt: Instant | null,
    firings: readonly Firing[],
  ): Async<void>;
  /** Newest first. */
  firings(scope: AccessScope, id: ScheduleId, limit: number): Async<readonly Firing[]>;
  /** Settles the firing that a job came from; nothing when the job came from none. */
  settle(scope: AccessScope, jobId: JobId, state: Firing["state"], problem: string | null, at: Instant): Async<void>;
}

/** Effects on their way out: at most once where they cannot be repeated. */
export interface OutboxRepository {
  /** In the transaction that decided on it. The same id again changes nothing. */
  put(scope: AccessScope, item: OutboxItem): Async<void>;
  /** waiting → sending, durably, before anything leaves; at most `limit`, oldest first, one per conversation at a time. Nothing while the tenant is stopped. */
  take(now: Instant, limit: number): Async<readonly OutboxItem[]>;
  /** From `sending` alone; `waiting` only for what is repeatable. CONFLICT otherwise. */
  settle(
    id: OutboxId,
    to: "sent" | "refused" | "unknown" | "waiting",
    problem: string | null,
    at: Instant,
  ): Async<void>;
  /** What an earlier process left in `sending`: repeatable ones wait again, the others become `unknown`. Returns those. */
  recover(now: Instant): Async<readonly OutboxItem[]>;
  list(scope: AccessScope, state: OutboxItem["state"] | "all", limit: number): Async<readonly OutboxItem[]>;
  /** How many became `unknown` since. */
  countUnknown(scope: AccessScope, since: Instant): Async<number>;
  /** waiting → cancelled; returns how many. */
  cancelWaiting(scope: AccessScope, at: Instant): Async<number>;
}
