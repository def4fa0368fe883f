import type { Job, JobId, JobLease } from "@moltbot/contracts";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Database } from "../database/index.ts";
import { onEveryPlace } from "../testing/index.ts";
import { aWish, engineOf, second } from "./testing/work-engine.ts";
import type { WorkPlace } from "./testing/work-engine.ts";
import { codeOf, must, person, scopeOf } from "./testing/world.ts";

const ada = person();
const me = scopeOf(ada);
const LEASE = 10;
const KINDS = ["test:work"];

interface ModelJob {
  readonly id: JobId;
  readonly key: string | null;
  readonly most: number;
  state: Job["state"];
  runAt: number;
  attempts: number;
  fence: number;
  until: number;
  process: number;
}
interface Model {
  readonly jobs: ModelJob[];
  now: number;
  process: number;
}
interface Real {
  readonly place: WorkPlace;
  db: Database;
  readonly leases: JobLease[];
}
type Command = fc.AsyncCommand<Model, Real>;

/** What every state of the queue must show, after every step. */
const command = (name: string, run: (model: Model, real: Real) => Promise<void>): Command => ({
  check: () => true,
  toString: () => name,
  run: async (model, real) => {
    await run(model, real);
    const shown = must(await real.db.jobs.list(me, "all", 1_000)).toReversed();
    expect([name, ...shown.map(({ id, state, attempts, runAt }) => [id, state, attempts, runAt])]).toEqual([
      name,
      ...model.jobs.map(({ id, state, attempts, runAt }) => [id, state, attempts, second(runAt)]),
    ]);
  },
});
const isDue = (model: Model, job: ModelJob): boolean =>
  (job.state === "queued" && job.runAt <= model.now) ||
  (job.state === "running" && (job.until <= model.now || job.process !== model.process));
/** The lease that was picked, and the job it still holds; null for a job that it lost. */
const held = (model: Model, real: Real, pick: number): { lease: JobLease; job: ModelJob | null } | null => {
  const lease = real.leases[pick % Math.max(1, real.leases.length)];
  if (lease === undefined) return null;
  const job = model.jobs.find(({ id }) => id === lease.job.id);
  return { lease, job: job?.state === "running" && job.fence === lease.fence ? job : null };
};

const enqueue = () =>
  fc
    .tuple(fc.constantFrom(null, null, "a", "b"), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 3 }))
    .map(([key, delay, most]) =>
      command(`enqueue ${String(key)} in ${String(delay)}`, async (model, { db }) => {
        const runAt = model.now + delay;
        const wish = aWish({ key, runAt: second(runAt), mostAttempts: most });
        const { job, fresh } = must(await db.jobs.enqueue(me, wish));
        const known = key === null ? undefined : model.jobs.find((each) => each.key === key);
        expect([job.id, fresh]).toEqual([known?.id ?? wish.id, known === undefined]);
        if (known !== undefined) return;
        model.jobs.push({ id: job.id, key, most, state: "queued", runAt, attempts: 0, fence: 0, until: 0, process: 0 });
      }),
    );
const claim = () =>
  fc.integer({ min: 1, max: 3 }).map((limit) =>
    command(`claim ${String(limit)}`, async (model, real) => {
      const leases = must(await real.db.jobs.claim(KINDS, second(model.now), second(model.now + LEASE), limit));
      const due = model.jobs
        .map((job, order) => ({ job, order }))
        .filter(({ job }) => isDue(model, job))
        .toSorted((a, b) => a.job.runAt - b.job.runAt || a.order - b.order)
        .slice(0, limit);
      expect(leases.map(({ job }) => job.id)).toEqual(due.map(({ job }) => job.id));
      for (const [at, { job }] of due.entries()) {
        job.state = "running";
        job.attempts += 1;
        job.until = model.now + LEASE;
        job.process = model.process;
        const fence = leases[at]?.fence ?? 0;
        expect(fence).toBeGreaterThan(job.fence);
        job.fence = fence;
      }
      real.leases.push(...leases);
    }),
  );
const complete = () =>
  fc.nat(20).map((pick) =>
    command("complete", async (model, real) => {
      const at = held(model, real, pick);
      if (at === null) return;
      expect(codeOf(await real.db.jobs.complete(at.lease))).toBe(at.job === null ? "QUEUE_LEASE_LOST" : "ok");
      if (at.job !== null) at.job.state = "done";
    }),
  );
const fail = () =>
  fc.tuple(fc.nat(20), fc.option(fc.integer({ min: 0, max: 15 }))).map(([pick, wait]) =>
    command(`fail, again in ${String(wait)}`, async (model, real) => {
      const at = held(model, real, pick);
      if (at === null) return;
      const retryAt = wait === null ? null : second(model.now + wait);
      expect(codeOf(await real.db.jobs.fail(at.lease, "CONFLICT", retryAt))).toBe(
        at.job === null ? "QUEUE_LEASE_LOST" : "ok",
      );
      if (at.job === null) return;
      const again = wait !== null && at.lease.job.attempts < at.job.most;
      at.job.state = again ? "queued" : "dead";
      if (again) at.job.runAt = model.now + wait;
    }),
  );
const extend = () =>
  fc.nat(20).map((pick) =>
    command("extend", async (model, real) => {
      const at = held(model, real, pick);
      if (at === null) return;
      const code = codeOf(await real.db.jobs.extend(at.lease, second(model.now + LEASE)));
      expect(code).toBe(at.job === null ? "QUEUE_LEASE_LOST" : "ok");
      if (at.job !== null) at.job.until = model.now + LEASE;
    }),
  );
const byHand = () =>
  fc.tuple(fc.nat(20), fc.boolean()).map(([pick, revives]) =>
    command(revives ? "revive" : "cancel", async (model, { db }) => {
      const job = model.jobs[pick % Math.max(1, model.jobs.length)];
      if (job === undefined) return;
      const changed = must(
        revives ? await db.jobs.revive(me, job.id, second(model.now)) : await db.jobs.cancel(me, job.id),
      );
      expect(changed).toBe(job.state === (revives ? "dead" : "queued"));
      if (!changed) return;
      job.state = revives ? "queued" : "cancelled";
      if (revives) [job.attempts, job.runAt] = [0, model.now];
    }),
  );
const tick = () =>
  fc.integer({ min: 1, max: 12 }).map((seconds) =>
    command(`${String(seconds)} seconds pass`, async (model) => {
      model.now += seconds;
    }),
  );
const crash = () =>
  fc.constant(null).map(() =>
    command("the process dies", async (model, real) => {
      real.db = await real.place.open();
      model.process += 1;
    }),
  );

onEveryPlace((places) => {
  const engine = engineOf(places);
  it("behaves as its model under every order of claims, crashes, failures and delays", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.commands([enqueue(), enqueue(), claim(), claim(), complete(), fail(), extend(), byHand(), tick(), crash()], {
          maxCommands: 40,
        }),
        async (commands) => {
          const place = engine.create();
          const db = await place.open();
          await fc.asyncModelRun(
            () => ({ model: { jobs: [], now: 0, process: 1 }, real: { place, db, leases: [] } }),
            commands,
          );
          await place.close();
        },
      ),
      // An opening of PostgreSQL takes as long as a whole run on a file.
      { numRuns: places.engine === "sqlite" ? 40 : 6 },
    );
  }, 90_000);
});
