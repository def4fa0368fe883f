import { ok } from "@moltbot/contracts";
import type { Firing, Instant, JobId, Schedule } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../database/index.ts";
import { aSchedule, aWish, newJobId, second } from "./work-engine.ts";
import type { WorkEngine, WorkPlace } from "./work-engine.ts";
import { AT, codeOf, must, person, scopeOf } from "./world.ts";

const firing = (schedule: Schedule, at: Instant, jobId: JobId | null = null): Firing => ({
  scheduleId: schedule.id,
  at,
  state: jobId === null ? "missed" : "queued",
  jobId,
  settledAt: jobId === null ? AT : null,
  problem: null,
});

/** What the port promises of schedules, checked on one engine. */
export const scheduleContract = (engine: WorkEngine): void => {
  describe(`schedules on ${engine.name}`, () => {
    const ada = person();
    const me = scopeOf(ada);
    let place: WorkPlace;
    let db: Database;
    beforeEach(async () => {
      place = engine.create();
      db = await place.open();
    });
    afterEach(() => place.close());
    const states = async (id: Schedule["id"]) =>
      must(await db.schedules.firings(me, id, 10)).map(({ at, state }) => [at, state]);

    it("keeps a schedule as it was given, also over a restart", async () => {
      const schedule = aSchedule(ada);
      expect(must(await db.schedules.put(me, schedule))).toStrictEqual(schedule);
      db = await place.open();
      expect(must(await db.schedules.list(me))).toStrictEqual([schedule]);
    });

    it("changes the schedule of the same name, and its past stays", async () => {
      const schedule = must(await db.schedules.put(me, aSchedule(ada)));
      must(await db.schedules.advance(me, schedule.id, AT, second(60), [firing(schedule, AT)]));
      const changed = must(await db.schedules.put(me, aSchedule(ada, { cron: "0 8 * * *", nextAt: second(90) })));
      expect(changed).toMatchObject({ id: schedule.id, createdAt: AT, cron: "0 8 * * *", nextAt: second(90) });
      expect(must(await db.schedules.list(me))).toStrictEqual([changed]);
      expect(await states(schedule.id)).toEqual([[AT, "missed"]]);
      expect(codeOf(await db.schedules.put(me, aSchedule(person())))).toBe("NOT_FOUND");
    });

    it("names what is due, oldest first, and when the next is", async () => {
      expect(must(await db.schedules.nextDue(me))).toBeNull();
      for (const [name, nextAt, active] of [
        ["a", second(20), true],
        ["b", second(10), true],
        ["c", second(1), false],
        ["d", null, true],
      ] as const)
        must(await db.schedules.put(me, aSchedule(ada, { name, nextAt, active })));
      expect(must(await db.schedules.nextDue(me))).toBe(second(10));
      expect(must(await db.schedules.due(me, second(9), 10))).toEqual([]);
      expect(must(await db.schedules.due(me, second(20), 10)).map(({ name }) => name)).toEqual(["b", "a"]);
      expect(must(await db.schedules.due(me, second(20), 1)).map(({ name }) => name)).toEqual(["b"]);
    });

    it("moves from where it was seen, so that of two clocks one fires", async () => {
      const schedule = must(await db.schedules.put(me, aSchedule(ada)));
      const fire = () =>
        db.atomically(async (inside) => {
          const { job } = must(await inside.jobs.enqueue(me, aWish()));
          const moved = await inside.schedules.advance(me, schedule.id, AT, second(60), [firing(schedule, AT, job.id)]);
          return moved.ok ? ok(null) : moved;
        });
      const both = await Promise.all([fire(), fire()]);
      expect(both.map(codeOf).toSorted()).toEqual(["CONFLICT", "ok"]);
      expect(must(await db.jobs.list(me, "all", 10))).toHaveLength(1);
      expect(await states(schedule.id)).toEqual([[AT, "queued"]]);
    });

    it("never gives a time a second job, and one that nobody watched may still come", async () => {
      const schedule = must(await db.schedules.put(me, aSchedule(ada)));
      must(await db.schedules.advance(me, schedule.id, AT, second(60), [firing(schedule, AT)]));
      // The clock was set back.
      must(await db.schedules.advance(me, schedule.id, second(60), AT, []));
      const job = newJobId();
      must(await db.schedules.advance(me, schedule.id, AT, second(60), [firing(schedule, AT, job)]));
      must(await db.schedules.advance(me, schedule.id, second(60), AT, []));
      expect(
        codeOf(await db.schedules.advance(me, schedule.id, AT, second(60), [firing(schedule, AT, newJobId())])),
      ).toBe("CONFLICT");
      must(await db.schedules.advance(me, schedule.id, AT, second(60), [firing(schedule, AT)]));
      expect(must(await db.schedules.firings(me, schedule.id, 10))).toMatchObject([
        { at: AT, state: "queued", jobId: job },
      ]);
    });

    it("settles the firing that a job came from, once it is done for good", async () => {
      const schedule = must(await db.schedules.put(me, aSchedule(ada)));
      const [first, second_] = [newJobId(), newJobId()];
      must(
        await db.schedules.advance(me, schedule.id, AT, second(60), [
          firing(schedule, AT, first),
          firing(schedule, second(1), second_),
        ]),
      );
      must(await db.schedules.settle(me, first, "failed", "HOST_UNREACHABLE", second(5)));
      must(await db.schedules.settle(me, newJobId(), "failed", null, second(5)));
      expect(must(await db.schedules.firings(me, schedule.id, 10))).toStrictEqual([
        { scheduleId: schedule.id, at: second(1), state: "queued", jobId: second_, settledAt: null, problem: null },
        {
          scheduleId: schedule.id,
          at: AT,
          state: "failed",
          jobId: first,
          settledAt: second(5),
          problem: "HOST_UNREACHABLE",
        },
      ]);
      must(await db.schedules.settle(me, first, "done", null, second(6)));
      must(await db.schedules.settle(me, first, "unknown", null, second(7)));
      expect(await states(schedule.id)).toEqual([
        [second(1), "queued"],
        [AT, "done"],
      ]);
    });

    it("removes a schedule with its account, and shows and lets others nothing", async () => {
      const schedule = must(await db.schedules.put(me, aSchedule(ada)));
      const bob = scopeOf(person(ada.tenantId));
      expect(must(await db.schedules.list(bob))).toEqual([]);
      expect(must(await db.schedules.due(bob, AT, 10))).toEqual([]);
      expect(must(await db.schedules.nextDue(bob))).toBeNull();
      expect(codeOf(await db.schedules.firings(bob, schedule.id, 10))).toBe("NOT_FOUND");
      expect(codeOf(await db.schedules.advance(bob, schedule.id, AT, null, []))).toBe("NOT_FOUND");
      expect(codeOf(await db.schedules.remove(bob, schedule.id))).toBe("NOT_FOUND");
      must(await db.schedules.advance(me, schedule.id, AT, null, [firing(schedule, AT)]));
      must(await db.schedules.remove(me, schedule.id));
      expect(must(await db.schedules.list(me))).toEqual([]);
      expect(codeOf(await db.schedules.firings(me, schedule.id, 10))).toBe("NOT_FOUND");
    });
  });
};
