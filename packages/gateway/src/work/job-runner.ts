import { instantOf, millisecondsOf, moltbotError } from "@moltbot/contracts";
import type { Instant, Job, JobLease, MoltbotError, Result } from "@moltbot/contracts";
import { peopleOf } from "../keep-house.ts";
import { createPump, finishWithin } from "../pump.ts";
import type { Abortable } from "../pump.ts";
import { waitBefore } from "./backoff.ts";
import type { Backoff } from "./backoff.ts";
import { isHouseWork } from "./house-schedules.ts";
import type { JobHandlers } from "./job-handler.ts";
import type { WorkPorts } from "./work-ports.ts";

const LEASE_MILLISECONDS = 60_000;
const EXTEND_MILLISECONDS = 20_000;
const LOOK_MILLISECONDS = 5_000;
const CONCURRENT = 4;
const BACKOFF: Backoff = { firstMilliseconds: 2_000, mostMilliseconds: 900_000 };

export interface JobRunner {
  /** Looks again: a job was enqueued, or somebody went on after a stop. */
  wake(): void;
  /** Aborts what may not run while everything is stopped; it goes back to the queue. */
  halt(): void;
  running(): number;
  /** Takes nothing new, lets running jobs finish for a while, then aborts them: they are taken up at the next start. */
  close(graceMilliseconds: number): Promise<void>;
}

interface Running extends Abortable {
  readonly lease: JobLease;
  readonly housekeeping: boolean;
}

const isError = (reason: unknown): reason is MoltbotError =>
  typeof reason === "object" && reason !== null && "code" in reason;

/** Leases due jobs and has them done, a few at once; what fails comes back later, and what gives up is told loudly. */
export const startJobRunner = (ports: WorkPorts, handlers: JobHandlers): JobRunner => {
  const { house } = ports;
  const running = new Map<string, Running>();
  const until = (): Instant => instantOf(millisecondsOf(house.clock.now()) + LEASE_MILLISECONDS);
  /** While everything is stopped, only what keeps the house. */
  const kindsNow = (): readonly string[] => {
    const halted = house.halted();
    return [...handlers].filter(([, { housekeeping }]) => !halted || housekeeping).map(([kind]) => kind);
  };

  const claimAll = async (): Promise<void> => {
    for (let room = CONCURRENT - running.size; room > 0 && !pump.closing; room = CONCURRENT - running.size) {
      const leases = await house.store.jobs.claim(kindsNow(), house.clock.now(), until(), room);
      if (!leases.ok) house.log.error("no job can be claimed", { code: leases.error.code });
      if (!leases.ok || leases.value.length === 0 || pump.closing) break;
      for (const lease of leases.value) start(lease);
    }
  };
  const pump = createPump(claimAll, (cause) => house.log.error("jobs cannot be claimed", { problem: String(cause) }));

  const start = (lease: JobLease): void => {
    const { id, kind } = lease.job;
    const controller = new AbortController();
    const housekeeping = handlers.get(kind)?.housekeeping === true;
    const finished = runLease(ports, handlers, lease, controller.signal).catch((cause: unknown) =>
      house.log.error("a job failed in a way the program does not know", { jobId: id, kind, problem: String(cause) }),
    );
    // The machine slept longer than the lease: the earlier run lost it and may write nothing any more.
    running.get(id)?.controller.abort(moltbotError("QUEUE_LEASE_LOST"));
    const run: Running = { lease, housekeeping, controller, finished };
    running.set(id, run);
    if (house.halted() && !housekeeping)
      controller.abort(moltbotError("EVERYTHING_STOPPED", { since: house.clock.now() }));
    void finished.then(() => {
      if (running.get(id) === run) running.delete(id);
      if (!pump.closing) pump.wake();
    });
  };

  const extend = async ({ lease, controller }: Running): Promise<void> => {
    const extended = await house.store.jobs.extend(lease, until());
    if (!extended.ok && extended.error.code === "QUEUE_LEASE_LOST") controller.abort(extended.error);
  };
  const extending = setInterval(() => void Promise.all([...running.values()].map(extend)), EXTEND_MILLISECONDS);
  const looking = setInterval(pump.wake, LOOK_MILLISECONDS);
  extending.unref();
  looking.unref();
  pump.wake();

  return {
    wake: pump.wake,
    halt: () => {
      const error = moltbotError("EVERYTHING_STOPPED", { since: house.clock.now() });
      for (const { housekeeping, controller } of running.values()) if (!housekeeping) controller.abort(error);
    },
    running: () => running.size,
    close: async (graceMilliseconds) => {
      clearInterval(looking);
      await pump.close();
      await finishWithin(graceMilliseconds, running, () => moltbotError("SHUTTING_DOWN"));
      clearInterval(extending);
    },
  };
};

/** One lease, from claim to its end or its return to the queue. */
const runLease = async (
  ports: WorkPorts,
  handlers: JobHandlers,
  lease: JobLease,
  signal: AbortSignal,
): Promise<void> => {
  const { job } = lease;
  const handler = handlers.get(job.kind);
  // Every time it was begun the program ended: what it did, nobody knows, and it ends no program any more.
  if (job.attempts > job.mostAttempts)
    return die(ports, lease, moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: `the job ${job.kind}` }), "unknown");
  if (handler === undefined) return; // the claim asked for kinds that have one; the lease runs out
  const result = await runHandler(() => handler.run(job, signal), ports, job);
  if (result.ok) return complete(ports, lease);
  const stopped = signal.aborted && isError(signal.reason) ? signal.reason : null;
  // Somebody else has it.
  if (stopped?.code === "QUEUE_LEASE_LOST") return;
  return fail(ports, lease, stopped ?? result.error, stopped !== null);
};

const runHandler = async (
  run: () => Promise<Result<unknown>>,
  { house }: WorkPorts,
  { id, kind }: Job,
): Promise<Result<unknown>> => {
  try {
    return await run();
  } catch (cause) {
    house.log.error("a job threw", { jobId: id, kind, problem: String(cause) });
    return { ok: false, error: moltbotError("INTERNAL", { traceId: "none" }) };
  }
};

/** The end of the job and the account of the time it came from are one transaction. */
const complete = async ({ house, system }: WorkPorts, lease: JobLease): Promise<void> => {
  const { id, kind } = lease.job;
  const completed = await house.store.atomically(async (repositories) => {
    const ended = await repositories.jobs.complete(lease);
    return ended.ok ? repositories.schedules.settle(system, id, "done", null, house.clock.now()) : ended;
  });
  if (!completed.ok) house.log.warn("the end of a job cannot be kept", { jobId: id, kind, code: completed.error.code });
};

const fail = async (ports: WorkPorts, lease: JobLease, error: MoltbotError, atOnce: boolean): Promise<void> => {
  const { house, random } = ports;
  const { id, kind, attempts, mostAttempts } = lease.job;
  if (attempts >= mostAttempts) return die(ports, lease, error, "failed");
  const wait = atOnce ? 0 : waitBefore(attempts, BACKOFF, random);
  const retryAt = instantOf(millisecondsOf(house.clock.now()) + wait);
  const failed = await house.store.jobs.fail(lease, error.code, retryAt);
  const fields = { jobId: id, kind, code: error.code, attempts, mostAttempts };
  if (failed.ok) return house.log.warn("a job failed and is tried again", { ...fields, retryAt });
  house.log.warn("the failure of a job cannot be kept", { ...fields, code: failed.error.code });
};

/** It gives up: kept with the reason, on record, told to its owner, and loud in the log. */
const die = async (
  { house, system }: WorkPorts,
  lease: JobLease,
  error: MoltbotError,
  firing: "failed" | "unknown",
): Promise<void> => {
  const { job } = lease;
  const fields = { jobId: job.id, kind: job.kind, code: error.code, attempts: job.attempts };
  const dead = await house.store.atomically(async (repositories) => {
    const failed = await repositories.jobs.fail(lease, error.code, null);
    if (!failed.ok) return failed;
    return repositories.schedules.settle(system, job.id, firing, error.code, house.clock.now());
  });
  if (!dead.ok) return house.log.error("the death of a job cannot be kept", { ...fields, code: dead.error.code });
  house.log.error("a job gave up: `./moltbot jobs --dead` shows it", fields);
  const owner = { id: job.ownerId, tenantId: job.tenantId };
  const audience = isHouseWork(job.kind) ? await peopleOf(house.store, owner, "keepers") : [job.ownerId];
  house.events.publish(
    "job:died",
    { tenantId: job.tenantId, audience },
    { jobId: job.id, kind: job.kind, problem: error.code },
  );
  const recorded = await house.audit.record({ event: "job:died", actor: "system", fields });
  if (!recorded.ok) house.log.error("a dead job cannot be recorded", { ...fields, code: recorded.error.code });
};
