import type { ModelPort } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { fakeHouse, model, turn, until } from "./operations/testing/fake-house.ts";
import { startTurnWorkers } from "./turn-workers.ts";

const quick: ModelPort = model(() => Promise.resolve());

describe("a wake of the workers", () => {
  it.each(Array.from({ length: 12 }, (_, ticks) => ticks))(
    "is not lost when it comes %i ticks after the queue was found empty",
    async (ticks) => {
      const world = fakeHouse({ turns: [], model: quick });
      const { turns: queue } = world.house.store;
      let looked = false;
      const turns = new Proxy(queue, {
        get: (target, name): unknown =>
          name !== "claim"
            ? Reflect.get(target, name)
            : async (...given: Parameters<typeof queue.claim>) => {
                const lease = await queue.claim(...given);
                if (looked) return lease;
                looked = true;
                void (async () => {
                  for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
                  world.addTurn(turn(10));
                  workers.wake();
                })();
                return lease;
              },
      });
      const house = {
        ...world.house,
        store: new Proxy(world.house.store, {
          get: (target, name): unknown => (name === "turns" ? turns : Reflect.get(target, name)),
        }),
      };
      const workers = startTurnWorkers(house, () => 1);
      workers.wake();
      await until(() => world.turnOf(10)?.end !== null && world.turnOf(10) !== undefined);
      expect(world.turnOf(10)?.end).toMatchObject({ state: "done" });
      await workers.close(0);
    },
  );

  it("comes by itself after the queue could not be read", { timeout: 10_000 }, async () => {
    const world = fakeHouse({ turns: [turn(10)], model: quick });
    world.failClaims("error");
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => world.logged.includes("no turn can be claimed"));
    world.failClaims("none");
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    await until(() => world.turnOf(10)?.end !== null);
    expect(world.turnOf(10)?.end).toMatchObject({ state: "done" });
    await workers.close(0);
  });

  it("leaves a turn open whose end cannot be recorded", async () => {
    const world = fakeHouse({ turns: [turn(10, { attempts: 4 })] });
    world.failAudit(true);
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => world.turnOf(10)?.state === "waiting");
    expect(world.turnOf(10)?.end).toBeNull();
    expect(world.messages).toEqual([]);
    await workers.close(0);
  });
});
