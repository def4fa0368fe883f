import { CallId } from "@moltbot/contracts";
import type { OutboxItem } from "@moltbot/contracts";
import { createIds } from "@moltbot/storage/crypto";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Courier, Couriers, Delivery } from "./courier.ts";
import { recoverOutbox, startOutboxRunner } from "./outbox-runner.ts";
import type { OutboxRunner } from "./outbox-runner.ts";
import { anEffect, must, openWorkHouse, owner, until } from "./testing/work-house.ts";
import type { WorkHouse } from "./testing/work-house.ts";

const ids = createIds();
let house: WorkHouse;
let runner: OutboxRunner | null = null;
beforeEach(async () => {
  house = await openWorkHouse();
});
afterEach(async () => {
  await runner?.close(0);
  runner = null;
  await house.close();
});

const put = async (change: Partial<OutboxItem> = {}): Promise<OutboxItem> => {
  const now = house.ports.house.clock.now();
  const item = anEffect(now, { callId: ids.next(CallId), payload: { to: "bob@example.org" }, ...change });
  must(await house.store.outbox.put(owner, item));
  return item;
};
const find = async ({ id }: OutboxItem) =>
  must(await house.store.outbox.list(owner, "all", 100)).find((item) => item.id === id);
const ends = (item: OutboxItem, state: OutboxItem["state"]) => until(async () => (await find(item))?.state === state);
const aCourier = (deliver: Courier["deliver"]): { readonly couriers: Couriers; readonly sent: OutboxItem[] } => {
  const sent: OutboxItem[] = [];
  const courier: Courier = {
    deliver: (item, signal) => {
      sent.push(item);
      return deliver(item, signal);
    },
  };
  return { sent, couriers: new Map([["test:send", courier]]) };
};
const start = (couriers: Couriers): void => {
  runner = startOutboxRunner(house.ports, couriers);
};
const SENT: Delivery = { kind: "sent" };
const FAILED: Delivery = { kind: "retry", problem: "HOST_UNREACHABLE" };
const whenAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

describe("the outbox", () => {
  it("marks, records, sends, and records what became of it, in this order", async () => {
    const item = await put();
    const seen: (string | undefined)[] = [];
    const { couriers, sent } = aCourier(async () => {
      seen.push((await find(item))?.state, ...house.events());
      return SENT;
    });
    start(couriers);
    await ends(item, "sent");
    await until(() => house.events().includes("effect:sent"));
    expect(seen).toEqual(["sending", "effect:intended"]);
    expect(sent).toMatchObject([{ id: item.id, payload: { to: "bob@example.org" } }]);
    expect(house.records.map(({ event, fields }) => [event, fields["outboxId"], fields["callId"]])).toEqual([
      ["effect:intended", item.id, item.callId],
      ["effect:sent", item.id, item.callId],
    ]);
    expect(JSON.stringify(house.records)).not.toContain("bob@example.org");
  });

  it("keeps why the other side refused, and refuses what nobody carries", async () => {
    const [item, strange] = [await put(), await put({ kind: "strange:send" })];
    start(aCourier(async () => ({ kind: "refused", problem: "SECRET_EXPIRED" })).couriers);
    await ends(item, "refused");
    await ends(strange, "refused");
    expect([(await find(item))?.problem, (await find(strange))?.problem]).toEqual(["SECRET_EXPIRED", "NOT_FOUND"]);
  });

  it("tries again what may be repeated, after a wait, and not more than eight times", async () => {
    const item = await put({ repeatable: true });
    const { couriers, sent } = aCourier(async () => FAILED);
    start(couriers);
    for (let attempt = 1; attempt < 8; attempt += 1) {
      await until(async () => (await find(item))?.state === "waiting" && (await find(item))?.attempts === attempt);
      house.advance(600_000);
      runner?.wake();
    }
    await ends(item, "unknown");
    expect(sent).toHaveLength(8);
  });

  it.each([
    ["fails halfway", async () => FAILED],
    ["throws", () => Promise.reject(new Error("reset"))],
  ] as const)("never repeats what cannot be repeated when its courier %s: it is unknown", async (_how, deliver) => {
    const item = await put();
    const { couriers, sent } = aCourier(deliver);
    start(couriers);
    await ends(item, "unknown");
    runner?.wake();
    await runner?.close(100);
    expect(sent).toHaveLength(1);
  });

  it("sends nothing without a record, and sends it when records are written again", async () => {
    house.switches.auditFails = true;
    const item = await put();
    const { couriers, sent } = aCourier(async () => SENT);
    start(couriers);
    await until(() => house.said.some(({ message }) => message === "an effect waits for its record"));
    expect(sent).toEqual([]);
    house.switches.auditFails = false;
    await ends(item, "sent");
    expect(sent).toHaveLength(1);
  }, 10_000);

  it("refuses at the end of the program what could not be recorded: not a byte of it left", async () => {
    house.switches.auditFails = true;
    const item = await put();
    const { couriers, sent } = aCourier(async () => SENT);
    start(couriers);
    await until(() => house.said.some(({ message }) => message === "an effect waits for its record"));
    await runner?.close(0);
    expect([(await find(item))?.state, sent]).toEqual(["refused", []]);
  });

  it("lets nothing leave under a stop, and aborts what is on its way", async () => {
    const item = await put();
    const { couriers, sent } = aCourier(async (_item, signal) => {
      await whenAborted(signal);
      return FAILED;
    });
    start(couriers);
    await until(() => sent.length === 1);
    house.switches.halted = true;
    runner?.halt();
    await ends(item, "unknown");
    const late = await put();
    runner?.wake();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([(await find(late))?.state, sent.length]).toEqual(["waiting", 1]);
  });

  it("after a crash sends again what may be repeated, and shows and records the other as unknown", async () => {
    const [once, often] = [await put(), await put({ repeatable: true })];
    expect(must(await house.store.outbox.take(house.ports.house.clock.now(), 10))).toHaveLength(2);
    await house.crash();
    await recoverOutbox(house.ports);
    const { couriers, sent } = aCourier(async () => SENT);
    start(couriers);
    await ends(often, "sent");
    expect(sent.map(({ id }) => id)).toEqual([often.id]);
    expect((await find(once))?.state).toBe("unknown");
    expect(house.records.find(({ event }) => event === "effect:unknown")?.fields).toMatchObject({ outboxId: once.id });
  });

  it("delivers nothing twice that cannot be repeated, under every order of deliveries, failures and crashes", async () => {
    const deliveries = fc.constantFrom("sent", "refused", "retry", "crash", "throw");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), deliveries), { minLength: 1, maxLength: 6 }), async (wishes) => {
        const place = await openWorkHouse();
        const now = place.ports.house.clock.now();
        const arrived = new Map<string, number>();
        const plan = new Map<string, string>();
        for (const [repeatable, how] of wishes) {
          const item = anEffect(now, { repeatable });
          must(await place.store.outbox.put(owner, item));
          plan.set(item.id, how);
        }
        for (let life = 0; life < 3; life += 1) {
          await recoverOutbox(place.ports);
          let crashed = false;
          for (let taken = 1; taken > 0 && !crashed;) {
            const items = must(await place.store.outbox.take(place.ports.house.clock.now(), 2));
            taken = items.length;
            for (const item of items) {
              arrived.set(item.id, (arrived.get(item.id) ?? 0) + 1);
              const how = plan.get(item.id);
              if (how === "crash" && life < 2) {
                crashed = true;
                break;
              }
              const to = how === "refused" ? "refused" : how === "sent" || life === 2 ? "sent" : "unknown";
              must(await place.store.outbox.settle(item.id, to, null, place.ports.house.clock.now()));
            }
          }
          await place.crash();
        }
        await recoverOutbox(place.ports);
        const items = must(await place.store.outbox.list(owner, "all", 100));
        expect(items.filter(({ state }) => state === "sending")).toEqual([]);
        for (const { id, repeatable } of items) if (!repeatable) expect(arrived.get(id) ?? 0).toBeLessThanOrEqual(1);
        await place.close();
      }),
      { numRuns: 25 },
    );
  }, 90_000);
});

describe("unplug: with an outbox that may repeat everything after a crash, a payment leaves twice", () => {
  const payments = async (repeatable: boolean): Promise<number> => {
    await put({ repeatable });
    let paid = 0;
    const send = async (): Promise<void> => {
      paid += must(await house.store.outbox.take(house.ports.house.clock.now(), 10)).length;
    };
    await send();
    await house.crash();
    await recoverOutbox(house.ports);
    await send();
    return paid;
  };

  it("so what cannot be repeated is unknown after a crash, and nobody sends it again", async () => {
    expect(await payments(false)).toBe(1);
    expect(await payments(true)).toBe(2);
  });
});
