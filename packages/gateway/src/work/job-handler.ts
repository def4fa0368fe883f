import type { Job, Result } from "@moltbot/contracts";

/** Does the jobs of one kind. A job is done at least once: what it does twice must be as if it did it once. */
export interface JobHandler {
  /** Whether it also runs while everything is stopped: what keeps the house safe and touches nothing outside. */
  readonly housekeeping: boolean;
  /** An error is tried again later, until the job's attempts are spent; `signal` is heard at a stop and at the end of the program. */
  run(job: Job, signal: AbortSignal): Promise<Result<unknown>>;
}

/** Handlers by the kind of job they do. */
export type JobHandlers = ReadonlyMap<string, JobHandler>;
