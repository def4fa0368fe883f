import { JobId, PrincipalId, ScheduleId } from "@moltbot/contracts";
import type { Job, RequestContext } from "@moltbot/contracts";
import { createIds } from "@moltbot/storage/crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { anEffect, at, must, openWorkHouse, owner } from "../work/testing/work-house.ts";
import type { WorkHouse } from "../work/testing/work-house.ts";
import type { OperationPorts } from "./ports.ts";
import { workOperations } from "./work.ts";

const ids = createIds();
const contextOf = (id: PrincipalId): RequestContext => ({
  principal: { id, tenantId: owner.tenantId, kind: "person", name: "Ada", role: "owner" },
  traceId: "t",
  surface: "local",
  signal: new AbortController().signal,
});
const me = contextOf(owner.principalId);
const other = contextOf(ids.next(PrincipalId));

let house: WorkHouse;
let woken = 0;
beforeEach(async () => {
  house = await openWorkHouse();
  woken = 0;
});
afterEach(() => house.close());
const operations = () =>
  workOperations({
    house: house.ports.house as unknown as OperationPorts["house"], // durable work is all that is reached
    work: { halt: () => undefined, wake: () => void (woken += 1) },
  });

const aDeadJob = async (): Promise<Job> => {
  const now = house.ports.house.clock.now();
  const wish = { id: ids.next(JobId), kind: "test:work", payload: {}, runAt: now, mostAttempts: 1, key: null };
  must(await house.store.jobs.enqueue(owner, wish));
  const [lease] = must(await house.store.jobs.claim(["test:work"], now, now, 1));
  if (lease === undefined) throw new Error("nothing was due");
  return must(await house.store.jobs.fail(lease, "HOST_UNREACHABLE", null));
};

describe("taking up dead work again", () => {
  it("puts it into the queue with its attempts anew, on record, and wakes the runner", async () => {
    const job = await aDeadJob();
    expect(must(await operations()["jobs.list"](me, { state: "dead", limit: 5 })).map(({ id }) => id)).toEqual([
      job.id,
    ]);
    house.advance(1_000);
    const revived = must(await operations()["jobs.retry"](me, { jobId: job.id }));
    expect(revived).toStrictEqual(must(await house.store.jobs.find(owner, job.id)));
    expect([revived.state, revived.attempts, woken, house.events()]).toEqual(["queued", 0, 1, ["job:revived"]]);
  });

  it("refuses what is not dead, what is another's, and what cannot be recorded", async () => {
    const job = await aDeadJob();
    expect(await operations()["jobs.retry"](other, { jobId: job.id })).toMatchObject({ error: { code: "NOT_FOUND" } });
    house.switches.auditFails = true;
    expect(await operations()["jobs.retry"](me, { jobId: job.id })).toMatchObject({
      error: { code: "AUDIT_UNWRITABLE" },
    });
    expect(must(await house.store.jobs.find(owner, job.id)).state).toBe("dead");
    house.switches.auditFails = false;
    must(await operations()["jobs.retry"](me, { jobId: job.id }));
    expect(await operations()["jobs.retry"](me, { jobId: job.id })).toMatchObject({ error: { code: "CONFLICT" } });
    expect(woken).toBe(1);
  });

  it("is done once when two ask at the same time", async () => {
    const job = await aDeadJob();
    const both = await Promise.all([1, 2].map(() => operations()["jobs.retry"](me, { jobId: job.id })));
    expect(both.map((each) => (each.ok ? "ok" : each.error.code)).toSorted()).toEqual(["CONFLICT", "ok"]);
    expect(woken).toBe(1);
  });
});

describe("what comes back and what leaves", () => {
  it("is shown to whose it is, and to nobody else", async () => {
    const now = house.ports.house.clock.now();
    const schedule = must(
      await house.store.schedules.put(owner, {
        id: ids.next(ScheduleId),
        tenantId: owner.tenantId,
        ownerId: owner.principalId,
        name: "hourly",
        cron: "0 * * * *",
        timeZone: "UTC",
        kind: "test:work",
        payload: {},
        missed: "skip",
        active: true,
        nextAt: at("2026-11-22T13:00:00Z"),
        createdAt: now,
      }),
    );
    must(await house.store.outbox.put(owner, anEffect(now)));
    const asked = operations();
    const seen = async (context: RequestContext) => [
      must(await asked["schedules.list"](context, {})).length,
      must(await asked["outbox.list"](context, { state: "waiting", limit: 5 })).length,
      (await asked["schedules.firings"](context, { scheduleId: schedule.id, limit: 5 })).ok,
    ];
    expect([await seen(me), await seen(other)]).toEqual([
      [1, 1, true],
      [0, 0, false],
    ]);
  });
});
