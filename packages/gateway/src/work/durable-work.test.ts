import { JobId, OutboxId, err, moltbotError, ok } from "@moltbot/contracts";
import { createIds } from "@moltbot/storage/crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDurableWork } from "./durable-work.ts";
import type { DurableWork } from "./durable-work.ts";
import { houseHandlers } from "./house-handlers.ts";
import { aHandler, anEffect, must, openWorkHouse, owner, system, until } from "./testing/work-house.ts";
import type { WorkHouse } from "./testing/work-house.ts";

const ids = createIds();
let house: WorkHouse;
let work: DurableWork | null = null;
beforeEach(async () => {
  house = await openWorkHouse("2026-11-22T12:30:00.000Z");
});
afterEach(async () => {
  await work?.close(0);
  work = null;
  await house.close();
});

const put = async (): Promise<OutboxId> => {
  const item = anEffect(house.ports.house.clock.now());
  must(await house.store.outbox.put(owner, item));
  return item.id;
};
const effect = async (id: OutboxId) =>
  must(await house.store.outbox.list(owner, "all", 10)).find((item) => item.id === id)?.state;

describe("durable work", () => {
  it("does the work of the house at its hours, what is wished beside it, and what leaves", async () => {
    let heads = 0;
    const backup = aHandler(async () => ok(null), true);
    const handlers = houseHandlers(
      {
        head: async () => {
          heads += 1;
          return err(moltbotError("AUDIT_UNWRITABLE"));
        },
      },
      [
        ["backup:create", backup],
        ["test:work", aHandler()],
      ],
    );
    const couriers = new Map([["test:send", { deliver: async () => ({ kind: "sent" as const }) }]]);
    work = await startDurableWork(house.ports, { handlers, couriers, backupCron: "" });
    const names = async () => must(await house.store.schedules.list(system)).map(({ name }) => name);
    expect(await names()).toEqual(["audit head"]);

    house.set("2026-11-22T13:00:00.000Z");
    work.wake();
    await until(() => heads === 1);
    await work.reschedule("45 13 * * *");
    expect(await names()).toEqual(["audit head", "backup"]);

    const [job, item] = [ids.next(JobId), await put()];
    const now = house.ports.house.clock.now();
    const wish = { id: job, kind: "test:work", payload: {}, runAt: now, mostAttempts: 1, key: null };
    must(await house.store.jobs.enqueue(owner, wish));
    work.wake();
    await until(async () => must(await house.store.jobs.find(owner, job)).state === "done");
    await until(async () => (await effect(item)) === "sent");
  });

  it("freezes under a stop, and takes up what waited when somebody goes on", async () => {
    const handler = aHandler();
    house.switches.halted = true;
    work = await startDurableWork(house.ports, {
      handlers: new Map([["test:work", handler]]),
      couriers: new Map(),
      backupCron: "",
    });
    const now = house.ports.house.clock.now();
    const wish = { id: ids.next(JobId), kind: "test:work", payload: {}, runAt: now, mostAttempts: 1, key: null };
    must(await house.store.jobs.enqueue(owner, wish));
    const item = await put();
    work.halt();
    work.wake();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([handler.jobs.length, await effect(item)]).toEqual([0, "waiting"]);
    house.switches.halted = false;
    work.wake();
    await until(() => handler.jobs.length === 1);
    // Nobody carries it.
    await until(async () => (await effect(item)) === "refused");
  });

  it("starts although an expression of the settings cannot be read, and says so", async () => {
    work = await startDurableWork(house.ports, {
      handlers: new Map([["backup:create", aHandler()]]),
      couriers: new Map(),
      backupCron: "whenever you like",
    });
    expect(house.said.some(({ message }) => message.startsWith('the schedule "backup" is off'))).toBe(true);
  });
});
