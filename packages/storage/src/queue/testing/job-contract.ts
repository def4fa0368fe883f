import { err, moltbotError, ok } from "@moltbot/contracts";
import type { JobLease } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../database/index.ts";
import { aWish, newJobId, second } from "./work-engine.ts";
import type { WorkEngine, WorkPlace } from "./work-engine.ts";
import { AT, codeOf, must, person, scopeOf } from "./world.ts";

const KINDS = ["test:work"];

/** What the port promises of jobs, checked on one engine. */
export const jobContract = (engine: WorkEngine): void => {
  describe(`jobs on ${engine.name}`, () => {
    const ada = person();
    const me = scopeOf(ada);
    let place: WorkPlace;
    let db: Database;
    beforeEach(async () => {
      place = engine.create();
      db = await place.open();
    });
    afterEach(() => place.close());

    const claim = async (at = 0, until = at + 60, kinds: readonly string[] = KINDS, limit = 10) =>
      must(await db.jobs.claim(kinds, second(at), second(until), limit));
    const claimOne = async (at = 0, until = at + 60): Promise<JobLease> => {
      const [lease] = await claim(at, until, KINDS, 1);
      if (lease === undefined) throw new Error("nothing is due");
      return lease;
    };

    it("keeps a job as it was wished, and leases it once", async () => {
      const wish = aWish({ payload: { days: 3, ids: ["a", "b"] } });
      const { job, fresh } = must(await db.jobs.enqueue(me, wish));
      expect(fresh).toBe(true);
      expect(job).toStrictEqual({
        id: wish.id,
        tenantId: ada.tenantId,
        ownerId: ada.id,
        kind: "test:work",
        payload: wish.payload,
        state: "queued",
        runAt: AT,
        attempts: 0,
        mostAttempts: 3,
        problem: null,
        createdAt: AT,
        updatedAt: AT,
      });
      const lease = await claimOne();
      expect(lease.job).toMatchObject({ id: wish.id, state: "running", attempts: 1, payload: wish.payload });
      expect(await claim()).toEqual([]);
      must(await db.jobs.complete(lease));
      expect(must(await db.jobs.find(me, wish.id))).toMatchObject({ state: "done", problem: null });
      expect(codeOf(await db.jobs.complete(lease))).toBe("QUEUE_LEASE_LOST");
    });

    it("takes two wishes with one key, or one id, for one job, and the same key of another person for another", async () => {
      const first = must(await db.jobs.enqueue(me, aWish({ key: "daily" })));
      const again = must(await db.jobs.enqueue(me, aWish({ key: "daily", payload: { other: true } })));
      expect([again.fresh, again.job]).toStrictEqual([false, first.job]);
      const sameId = must(await db.jobs.enqueue(me, aWish({ id: first.job.id })));
      expect([sameId.fresh, sameId.job.id]).toEqual([false, first.job.id]);
      const bob = person(ada.tenantId);
      expect(must(await db.jobs.enqueue(scopeOf(bob), aWish({ key: "daily" }))).fresh).toBe(true);
      must(await db.jobs.complete(await claimOne()));
      expect(must(await db.jobs.enqueue(me, aWish({ key: "daily" }))).job).toMatchObject({
        id: first.job.id,
        state: "done",
      });
    });

    it("keeps one of many that are wished at once with one key", async () => {
      const all = await Promise.all(Array.from({ length: 8 }, () => db.jobs.enqueue(me, aWish({ key: "once" }))));
      expect(all.filter((each) => must(each).fresh)).toHaveLength(1);
      expect(new Set(all.map((each) => must(each).job.id)).size).toBe(1);
    });

    it("enqueues in the transaction that decided on it, or not at all", async () => {
      const wish = aWish();
      const failed = await db.atomically(async (inside) => {
        must(await inside.jobs.enqueue(me, wish));
        return err(moltbotError("CONFLICT", { kind: "test" }));
      });
      expect(codeOf(failed)).toBe("CONFLICT");
      expect(codeOf(await db.jobs.find(me, wish.id))).toBe("NOT_FOUND");
      expect(await claim()).toEqual([]);
      must(
        await db.atomically(async (inside) => {
          must(await inside.jobs.enqueue(me, wish));
          return ok(null);
        }),
      );
      expect((await claimOne()).job.id).toBe(wish.id);
    });

    it("hands out what is due, oldest first, of the kinds that are asked for, and no more than that", async () => {
      const late = must(await db.jobs.enqueue(me, aWish({ runAt: second(30) }))).job;
      const [a, b, c] = await Promise.all(
        [5, 3, 4].map(async (at) => must(await db.jobs.enqueue(me, aWish({ runAt: second(at) }))).job.id),
      );
      must(await db.jobs.enqueue(me, aWish({ kind: "other:work" })));
      expect(await claim(2)).toEqual([]);
      expect(await claim(29, 60, [])).toEqual([]);
      expect((await claim(29, 60, KINDS, 2)).map(({ job }) => job.id)).toEqual([b, c]);
      expect((await claim(29, 60, KINDS, 2)).map(({ job }) => job.id)).toEqual([a]);
      expect((await claim(30)).map(({ job }) => job.id)).toEqual([late.id]);
      expect((await claim(0, 60, ["other:work"])).map(({ job }) => job.kind)).toEqual(["other:work"]);
    });

    it("takes a lease that ran out for due, and refuses its old holder everything", async () => {
      must(await db.jobs.enqueue(me, aWish()));
      const old = await claimOne(0, 10);
      expect(await claim(9)).toEqual([]);
      const fresh = await claimOne(10, 20);
      expect(fresh.job).toMatchObject({ id: old.job.id, attempts: 2 });
      expect(fresh.fence).toBeGreaterThan(old.fence);
      expect(codeOf(await db.jobs.extend(old, second(99)))).toBe("QUEUE_LEASE_LOST");
      expect(codeOf(await db.jobs.complete(old))).toBe("QUEUE_LEASE_LOST");
      expect(codeOf(await db.jobs.fail(old, "CONFLICT", null))).toBe("QUEUE_LEASE_LOST");
      must(await db.jobs.extend(fresh, second(99)));
      expect(await claim(50)).toEqual([]);
      must(await db.jobs.complete(fresh));
    });

    it("takes the lease of a process that is gone for due at once", async () => {
      must(await db.jobs.enqueue(me, aWish()));
      const old = await claimOne(0, 9_999);
      db = await place.open();
      const fresh = await claimOne(1);
      expect(fresh.job).toMatchObject({ id: old.job.id, attempts: 2 });
      expect(codeOf(await db.jobs.complete(old))).toBe("QUEUE_LEASE_LOST");
      must(await db.jobs.complete(fresh));
    });

    it("tries again when it is told to, until its attempts are spent; then it lies dead with the reason", async () => {
      const { job } = must(await db.jobs.enqueue(me, aWish({ mostAttempts: 2 })));
      const again = must(await db.jobs.fail(await claimOne(), "HOST_UNREACHABLE", second(5)));
      expect(again).toMatchObject({ state: "queued", attempts: 1, problem: "HOST_UNREACHABLE", runAt: second(5) });
      expect(await claim(4)).toEqual([]);
      const dead = must(await db.jobs.fail(await claimOne(5), "CONFLICT", second(9)));
      expect(dead).toMatchObject({ id: job.id, state: "dead", attempts: 2, problem: "CONFLICT" });
      expect(await claim(100)).toEqual([]);
      expect(must(await db.jobs.list(me, "dead", 10)).map(({ id }) => id)).toEqual([job.id]);
    });

    it("dies at once where nothing is tried again, and lives again when it is revived, with its attempts anew", async () => {
      const { job } = must(await db.jobs.enqueue(me, aWish()));
      const old = await claimOne();
      must(await db.jobs.fail(old, "CONFLICT", null));
      expect(must(await db.jobs.find(me, job.id)).state).toBe("dead");
      expect(must(await db.jobs.revive(me, job.id, second(7)))).toBe(true);
      expect(must(await db.jobs.revive(me, job.id, second(7)))).toBe(false);
      expect(must(await db.jobs.find(me, job.id))).toMatchObject({ state: "queued", attempts: 0, runAt: second(7) });
      const fresh = await claimOne(7);
      expect(fresh.fence).toBeGreaterThan(old.fence);
      expect(codeOf(await db.jobs.complete(old))).toBe("QUEUE_LEASE_LOST");
      must(await db.jobs.complete(fresh));
      expect(codeOf(await db.jobs.revive(me, newJobId(), AT))).toBe("NOT_FOUND");
    });

    it("cancels what nobody has begun", async () => {
      const { job } = must(await db.jobs.enqueue(me, aWish()));
      expect(must(await db.jobs.cancel(me, job.id))).toBe(true);
      expect(must(await db.jobs.cancel(me, job.id))).toBe(false);
      expect(await claim()).toEqual([]);
      const { job: running } = must(await db.jobs.enqueue(me, aWish()));
      await claimOne();
      expect(must(await db.jobs.cancel(me, running.id))).toBe(false);
      expect(codeOf(await db.jobs.cancel(me, newJobId()))).toBe("NOT_FOUND");
    });

    it("lists newest first, and forgets what ended before, and nothing else", async () => {
      const jobs = [];
      for (let at = 0; at < 3; at += 1) jobs.push(must(await db.jobs.enqueue(me, aWish())).job.id);
      expect(must(await db.jobs.list(me, "all", 2)).map(({ id }) => id)).toEqual(jobs.toReversed().slice(0, 2));
      must(await db.jobs.complete(await claimOne()));
      must(await db.jobs.cancel(me, jobs[1] ?? newJobId()));
      expect(must(await db.jobs.prune(me, AT))).toBe(0);
      expect(must(await db.jobs.prune(me, second(1)))).toBe(2);
      expect(must(await db.jobs.list(me, "all", 10)).map(({ id }) => id)).toEqual([jobs[2]]);
    });

    it("shows a person nothing of another's, and lets them change nothing of it", async () => {
      const { job } = must(await db.jobs.enqueue(me, aWish()));
      for (const other of [scopeOf(person(ada.tenantId)), { ...scopeOf(person()), reach: "tenant" as const }]) {
        expect(codeOf(await db.jobs.find(other, job.id))).toBe("NOT_FOUND");
        expect(must(await db.jobs.list(other, "all", 10))).toEqual([]);
        expect(codeOf(await db.jobs.cancel(other, job.id))).toBe("NOT_FOUND");
        expect(codeOf(await db.jobs.revive(other, job.id, AT))).toBe("NOT_FOUND");
        expect(must(await db.jobs.prune(other, second(9)))).toBe(0);
      }
      expect(must(await db.jobs.list({ ...me, reach: "tenant" }, "queued", 10))).toHaveLength(1);
      expect(must(await db.jobs.find(me, job.id)).state).toBe("queued");
    });
  });
};
