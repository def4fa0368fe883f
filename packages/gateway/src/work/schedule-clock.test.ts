import { ScheduleId, ok } from "@moltbot/contracts";
import type { Schedule } from "@moltbot/contracts";
import { createIds } from "@moltbot/storage/crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { houseSchedules, settleHouseSchedules } from "./house-schedules.ts";
import type { JobHandlers } from "./job-handler.ts";
import { startJobRunner } from "./job-runner.ts";
import type { JobRunner } from "./job-runner.ts";
import { startScheduleClock } from "./schedule-clock.ts";
import type { ScheduleClock } from "./schedule-clock.ts";
import { aHandler, at, must, openWorkHouse, owner, system, until } from "./testing/work-house.ts";
import type { WorkHouse } from "./testing/work-house.ts";

const ids = createIds();
let house: WorkHouse;
let clock: ScheduleClock | null = null;
let runner: JobRunner | null = null;
const handlers: JobHandlers = new Map([
  ["test:work", aHandler()],
  ["audit:head", aHandler(async () => ok(null), true)],
]);
beforeEach(async () => {
  house = await openWorkHouse();
});
const stopAll = async (): Promise<void> => {
  await clock?.close();
  await runner?.close(0);
  clock = null;
  runner = null;
};
afterEach(async () => {
  await stopAll();
  await house.close();
});

const put = async (change: Partial<Schedule> = {}): Promise<Schedule> =>
  must(
    await house.store.schedules.put(owner, {
      id: ids.next(ScheduleId),
      tenantId: owner.tenantId,
      ownerId: owner.principalId,
      name: "hourly",
      cron: "0 * * * *",
      timeZone: "UTC",
      kind: "test:work",
      payload: { n: 1 },
      missed: "run-once",
      active: true,
      nextAt: at("2026-11-22T13:00:00Z"),
      createdAt: at("2026-11-22T12:00:00Z"),
      ...change,
    }),
  );
const account = async ({ id }: Schedule) =>
  must(await house.store.schedules.firings(owner, id, 1_000)).map(
    (firing) => `${firing.at.slice(8, 16)} ${firing.state}`,
  );
const nextOf = async ({ id }: Schedule) =>
  must(await house.store.schedules.list(owner)).find((schedule) => schedule.id === id)?.nextAt;
const jobs = async () => must(await house.store.jobs.list(owner, "all", 100));
/** Looks once and waits until the look is over. */
const look = async (): Promise<void> => {
  const looking = startScheduleClock(house.ports, handlers, () => runner?.wake());
  await looking.wake();
  await looking.close();
};
/** A look to the end: what is much is accounted for in parts. */
const lookAround = async (schedule: Schedule): Promise<void> => {
  for (let tries = 0; tries < 40; tries += 1) {
    await look();
    const next = await nextOf(schedule);
    if (next === null || next === undefined || next > house.ports.house.clock.now()) return;
  }
  throw new Error("it is still behind");
};

describe("the clock of schedules", () => {
  it("makes one job of each time, and its end is the end of the firing", async () => {
    const schedule = await put();
    await look();
    expect([await account(schedule), await jobs()]).toEqual([[], []]);
    house.set("2026-11-22T13:00:00.000Z");
    await look();
    expect(await account(schedule)).toEqual(["22T13:00 queued"]);
    expect(await nextOf(schedule)).toBe(at("2026-11-22T14:00:00Z"));
    runner = startJobRunner(house.ports, handlers);
    await until(async () => (await account(schedule))[0] === "22T13:00 done");
    expect(await jobs()).toMatchObject([{ state: "done", payload: { n: 1 }, kind: "test:work" }]);
    await look();
    expect(await jobs()).toHaveLength(1);
  });

  it("accounts for a job that died, and for one that ended every program that began it", async () => {
    const schedule = await put();
    house.set("2026-11-22T13:00:00.000Z");
    await look();
    const now = house.ports.house.clock.now();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(must(await house.store.jobs.claim(["test:work"], now, now, 1))).toHaveLength(1);
      await house.crash();
    }
    runner = startJobRunner(house.ports, handlers);
    await until(async () => (await account(schedule))[0] === "22T13:00 unknown");
    const [firing] = must(await house.store.schedules.firings(owner, schedule.id, 1));
    expect(firing).toMatchObject({ problem: "TOOL_OUTCOME_UNKNOWN" });
  });

  it("runs the newest of what came while nobody watched, once, and says of the others that they were missed", async () => {
    const schedule = await put();
    house.set("2026-11-22T16:30:00.000Z");
    await look();
    expect(await account(schedule)).toEqual([
      "22T16:00 queued",
      "22T15:00 missed",
      "22T14:00 missed",
      "22T13:00 missed",
    ]);
    expect(await jobs()).toHaveLength(1);
    expect(await nextOf(schedule)).toBe(at("2026-11-22T17:00:00Z"));
  });

  it("leaves out what nobody watched where that is the rule, but not what is only a little late", async () => {
    const schedule = await put({ missed: "skip" });
    house.set("2026-11-22T14:30:00.000Z");
    await look();
    expect(await account(schedule)).toEqual(["22T14:00 missed", "22T13:00 missed"]);
    house.set("2026-11-22T15:01:00.000Z");
    await look();
    expect((await account(schedule))[0]).toBe("22T15:00 queued");
  });

  it("skips what comes under a stop, fires nothing of it afterwards, and goes on with housekeeping", async () => {
    const frozen = await put();
    const keeping = await put({ name: "head", kind: "audit:head" });
    house.switches.halted = true;
    house.set("2026-11-22T14:00:00.000Z");
    await look();
    expect(await account(frozen)).toEqual(["22T14:00 skipped", "22T13:00 skipped"]);
    expect(await account(keeping)).toEqual(["22T14:00 queued", "22T13:00 missed"]);
    house.switches.halted = false;
    await look();
    expect((await jobs()).map(({ kind }) => kind)).toEqual(["audit:head"]);
  });

  it("fires no time twice after the clock was set back, and comes to the next as it was", async () => {
    const schedule = await put();
    for (const time of ["13:00", "14:00", "15:00"]) {
      house.set(`2026-11-22T${time}:00.000Z`);
      await look();
    }
    house.set("2026-11-22T12:30:00.000Z");
    await look();
    expect(await nextOf(schedule)).toBe(at("2026-11-22T16:00:00Z"));
    house.set("2026-11-22T16:00:00.000Z");
    await look();
    expect(await account(schedule)).toEqual(
      ["13:00", "14:00", "15:00", "16:00"].map((t) => `22T${t} queued`).toReversed(),
    );
    expect(await jobs()).toHaveLength(4);
  });

  it("comes back from a clock that was years ahead, and fires what it then called missed", async () => {
    const schedule = await put({ cron: "0 0 1 * *", nextAt: at("2026-12-01T00:00:00Z") });
    house.set("2030-06-15T00:00:00.000Z");
    await lookAround(schedule);
    expect((await account(schedule)).length).toBe(43);
    house.set("2026-11-22T12:05:00.000Z");
    await look();
    expect(await nextOf(schedule)).toBe(at("2026-12-01T00:00:00Z"));
    house.set("2026-12-01T00:00:00.000Z");
    await look();
    const [newest] = must(await house.store.jobs.list(owner, "queued", 10));
    expect(newest?.runAt).toBe(at("2026-12-01T00:00:00Z"));
    expect((await account(schedule)).at(-1)).toBe("01T00:00 queued");
    // The one time that the wrong clock fired does not come again.
    house.set("2030-05-31T23:59:00.000Z");
    await lookAround(schedule);
    const before = (await jobs()).length;
    house.set("2030-06-01T00:00:00.000Z");
    await look();
    expect((await jobs()).length).toBe(before);
    expect(await nextOf(schedule)).toBe(at("2030-07-01T00:00:00Z"));
  });

  it("is never longer behind than it takes to say so, and records the span that it leapt over", async () => {
    const schedule = await put({ cron: "* * * * *", nextAt: at("2026-11-22T12:01:00Z") });
    house.set("2027-11-22T12:00:30.000Z");
    // One clock all along: it remembers how much it has accounted for.
    clock = startScheduleClock(house.ports, handlers, () => undefined);
    await until(async () => (await nextOf(schedule)) === at("2027-11-22T12:01:00Z"));
    expect(house.records.filter(({ event }) => event === "schedule:leapt")).toHaveLength(1);
    expect(await jobs()).toHaveLength(1);
    expect((await account(schedule))[0]).toBe("22T12:00 queued");
  }, 60_000);

  it("fires once however many clocks look at the same time", async () => {
    const schedule = await put();
    house.set("2026-11-22T13:00:00.000Z");
    const clocks = Array.from({ length: 4 }, () => startScheduleClock(house.ports, handlers, () => undefined));
    await Promise.all(clocks.map((each) => each.wake()));
    await Promise.all(clocks.map((each) => each.close()));
    expect([(await account(schedule)).length, (await jobs()).length]).toEqual([1, 1]);
  });

  it("leaves neither a job nor a firing when the database refuses, and makes up for it", async () => {
    const schedule = await put();
    house.set("2026-11-22T13:00:00.000Z");
    house.switches.databaseFails = true;
    await look();
    expect([await account(schedule), await jobs()]).toEqual([[], []]);
    house.switches.databaseFails = false;
    await look();
    expect([(await account(schedule)).length, (await jobs()).length]).toEqual([1, 1]);
  });

  it("keeps the wall clock's time over the night when it changes", async () => {
    const schedule = await put({ cron: "30 2 * * *", timeZone: "Europe/Berlin", nextAt: at("2026-10-25T00:30:00Z") });
    for (const time of ["2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z", "2026-10-26T01:30:00.000Z"]) {
      house.set(time);
      await look();
    }
    expect(await account(schedule)).toEqual(["26T01:30 queued", "25T00:30 queued"]);
  });
});

describe("the schedules of the house", () => {
  const settle = async (cron: string, timeZone = "UTC") =>
    must(await settleHouseSchedules(house.ports, handlers, houseSchedules(cron), timeZone));
  const listed = async () =>
    must(await house.store.schedules.list(system)).map(({ name, cron, active, nextAt }) => [
      name,
      cron,
      active,
      nextAt,
    ]);

  it("are made for what somebody can do, and are left alone as long as nothing changes", async () => {
    await settle("");
    const first = await listed();
    expect(first).toEqual([["audit head", "0 * * * *", true, at("2026-11-22T13:00:00Z")]]);
    house.set("2026-11-22T15:30:00.000Z");
    await settle("");
    // What came meanwhile is still to be accounted for.
    expect(await listed()).toEqual(first);
  });

  it("follow the settings, say what cannot be read, and go off", async () => {
    const withBackup: JobHandlers = new Map([...handlers, ["backup:create", aHandler()]]);
    const follow = async (cron: string) =>
      must(await settleHouseSchedules(house.ports, withBackup, houseSchedules(cron), "Europe/Berlin"));
    await follow("30 3 * * *");
    expect((await listed()).at(-1)).toEqual(["backup", "30 3 * * *", true, at("2026-11-23T02:30:00Z")]);
    await follow("every night");
    expect((await listed()).at(-1)).toEqual(["backup", "every night", false, null]);
    expect(house.said.some(({ fields }) => JSON.stringify(fields).includes("SCHEDULE_INVALID"))).toBe(true);
    await follow("0 4 * * *");
    expect((await listed()).at(-1)).toEqual(["backup", "0 4 * * *", true, at("2026-11-23T03:00:00Z")]);
    await follow("");
    expect((await listed()).at(-1)).toEqual(["backup", "0 4 * * *", false, null]);
  });
});
