import { JobId, err, moltbotError, ok } from "@moltbot/contracts";
import type { Job, JobWish } from "@moltbot/contracts";
import { createIds } from "@moltbot/storage/crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitBefore } from "./backoff.ts";
import type { JobHandlers } from "./job-handler.ts";
import { startJobRunner } from "./job-runner.ts";
import type { JobRunner } from "./job-runner.ts";
import { aHandler, must, openWorkHouse, owner, until } from "./testing/work-house.ts";
import type { WorkHouse } from "./testing/work-house.ts";

const ids = createIds();
let house: WorkHouse;
let runner: JobRunner | null = null;
beforeEach(async () => {
  house = await openWorkHouse();
});
afterEach(async () => {
  await runner?.close(0);
  runner = null;
  await house.close();
});

const start = (handlers: JobHandlers): JobRunner => {
  runner = startJobRunner(house.ports, handlers);
  return runner;
};
const enqueue = async (change: Partial<JobWish> = {}): Promise<Job> =>
  must(
    await house.store.jobs.enqueue(owner, {
      id: ids.next(JobId),
      kind: "test:work",
      payload: { n: 1 },
      runAt: house.ports.house.clock.now(),
      mostAttempts: 3,
      key: null,
      ...change,
    }),
  ).job;
const find = async ({ id }: Job): Promise<Job> => must(await house.store.jobs.find(owner, id));
const ends = (job: Job, state: Job["state"]) => until(async () => (await find(job)).state === state);
const error = moltbotError("CONFLICT", { kind: "test" });
/** Goes on until it is aborted, and then fails with the reason. */
const endless = (_job: Job, signal: AbortSignal) =>
  new Promise<ReturnType<typeof err<typeof error>>>((resolve) =>
    signal.addEventListener("abort", () => resolve(err(error)), { once: true }),
  );

describe("the job runner", () => {
  it("does what is due, each once, and leaves alone what nobody can do", async () => {
    const handler = aHandler();
    const jobs = await Promise.all(Array.from({ length: 9 }, () => enqueue()));
    const strange = await enqueue({ kind: "strange:work" });
    const late = await enqueue({ runAt: "2026-11-22T12:10:00.000Z" as Job["runAt"] });
    start(new Map([["test:work", handler]]));
    for (const job of jobs) await ends(job, "done");
    expect(handler.jobs.map(({ id }) => id).toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
    expect([(await find(strange)).state, (await find(late)).state]).toEqual(["queued", "queued"]);
    house.advance(600_000);
    runner?.wake();
    await ends(late, "done");
  });

  it("tries again after a wait that doubles, and lays it down dead with the reason, loudly", async () => {
    const handler = aHandler(async () => err(error));
    const job = await enqueue();
    start(new Map([["test:work", handler]]));
    // Half of 2 seconds, then half of 4: randomness is always a half here.
    for (const [attempts, wait] of [
      [1, 1_000],
      [2, 2_000],
    ] as const) {
      await until(async () => (await find(job)).attempts === attempts && (await find(job)).state === "queued");
      const again = await find(job);
      expect(Date.parse(again.runAt) - house.time.now).toBe(wait);
      expect(again.problem).toBe("CONFLICT");
      house.advance(wait);
      runner?.wake();
    }
    await ends(job, "dead");
    expect(await find(job)).toMatchObject({ attempts: 3, problem: "CONFLICT" });
    await until(() => house.events().includes("job:died"));
    expect(house.heard).toMatchObject([
      { name: "job:died", audience: [owner.principalId], payload: { jobId: job.id, problem: "CONFLICT" } },
    ]);
    expect(house.said.some(({ level, message }) => level === "error" && message.startsWith("a job gave up"))).toBe(
      true,
    );
  });

  it("takes an exception for a failure, and its words stay out of the job", async () => {
    const job = await enqueue({ mostAttempts: 1 });
    start(new Map([["test:work", aHandler(() => Promise.reject(new Error("the secret of the day")))]]));
    await ends(job, "dead");
    expect((await find(job)).problem).toBe("INTERNAL");
    expect(JSON.stringify([house.records, house.heard])).not.toContain("secret of the day");
  });

  it("takes up again what a dead process was doing, and calls it unknown when every attempt ended one", async () => {
    const job = await enqueue({ mostAttempts: 2 });
    const now = house.ports.house.clock.now();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      expect(must(await house.store.jobs.claim(["test:work"], now, now, 1))).toHaveLength(1);
      await house.crash();
    }
    const handler = aHandler();
    start(new Map([["test:work", handler]]));
    await ends(job, "dead");
    expect(handler.jobs).toEqual([]);
    expect((await find(job)).problem).toBe("TOOL_OUTCOME_UNKNOWN");
  });

  it("freezes under a stop what is not housekeeping, also what runs, and takes it up when somebody goes on", async () => {
    const work = aHandler(endless);
    const keeping = aHandler(async () => ok(null), true);
    const job = await enqueue();
    start(
      new Map([
        ["test:work", work],
        ["audit:head", keeping],
      ]),
    );
    await until(() => work.jobs.length === 1);
    house.switches.halted = true;
    runner?.halt();
    await ends(job, "queued");
    const kept = await enqueue({ kind: "audit:head" });
    runner?.wake();
    await ends(kept, "done");
    expect([(await find(job)).state, work.jobs.length]).toEqual(["queued", 1]);
    expect((await find(job)).problem).toBe("EVERYTHING_STOPPED");
    house.switches.halted = false;
    runner?.wake();
    await until(() => work.jobs.length === 2);
  });

  it("waits for what runs when it closes, and hands back what does not end in time", async () => {
    let letGo = (): void => undefined;
    const slow = aHandler(() => new Promise((resolve) => (letGo = () => resolve(ok(null)))));
    const stuck = aHandler(endless);
    const [a, b] = [await enqueue(), await enqueue({ kind: "stuck:work" })];
    const open = start(
      new Map([
        ["test:work", slow],
        ["stuck:work", stuck],
      ]),
    );
    await until(() => slow.jobs.length + stuck.jobs.length === 2);
    const closing = open.close(50);
    letGo();
    await closing;
    expect([(await find(a)).state, (await find(b)).state]).toEqual(["done", "queued"]);
    expect((await find(b)).problem).toBe("SHUTTING_DOWN");
    expect(open.running()).toBe(0);
  });

  it("keeps at most four at once", async () => {
    let inside = 0;
    let most = 0;
    const handler = aHandler(async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
      return ok(null);
    });
    const jobs = await Promise.all(Array.from({ length: 12 }, () => enqueue()));
    start(new Map([["test:work", handler]]));
    for (const job of jobs) await ends(job, "done");
    expect(most).toBe(4);
  });
});

describe("the wait before another attempt", () => {
  it("is anything from nothing to the doubled wait, and never more than the most", () => {
    const backoff = { firstMilliseconds: 100, mostMilliseconds: 5_000 };
    const most = [1, 2, 3, 7, 60].map((attempt) => waitBefore(attempt, backoff, () => 0.999_999));
    expect(most).toEqual([99, 199, 399, 4_999, 4_999]);
    expect(waitBefore(60, backoff, () => 0)).toBe(0);
  });
});

describe("unplug: with a queue that compares no fence, a worker that lost its lease ends the job of another one", () => {
  it("so the fence must be the current one", async () => {
    const job = await enqueue();
    const now = house.ports.house.clock.now();
    const [old] = must(await house.store.jobs.claim(["test:work"], now, now, 1));
    const [fresh] = must(await house.store.jobs.claim(["test:work"], now, now, 1));
    if (old === undefined || fresh === undefined) throw new Error("nothing was due");
    expect(await house.store.jobs.fail(old, "CONFLICT", null)).toMatchObject({ error: { code: "QUEUE_LEASE_LOST" } });
    expect((await find(job)).state).toBe("running");
    // A worker that could choose its fence is one that is not fenced.
    must(await house.store.jobs.fail({ ...old, fence: fresh.fence }, "CONFLICT", null));
    expect((await find(job)).state).toBe("dead");
    expect((await house.store.jobs.complete(fresh)).ok).toBe(false);
  });
});
