import { AgentId } from "@moltbot/contracts";
import type { Store } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { createAgent } from "./create-agent.ts";
import type { House } from "./house.ts";
import { manifest } from "./operations/testing/fake-house.ts";
import { openRealHouse } from "./operations/testing/real-house.ts";

type RealHouse = Awaited<ReturnType<typeof openRealHouse>>;

const open: RealHouse[] = [];
const start = async (): Promise<RealHouse> => {
  const house = await openRealHouse({ catalog: [manifest("note.write", "write")] });
  open.push(house);
  return house;
};
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

/** Stops everything, creates an agent, goes on without bringing anything back, and says what is granted then. */
const attack = async (house: RealHouse, through: House) => {
  await house.operations["system.stop"](house.context(), {});
  const created = await createAgent(through, house.owner, {
    id: house.house.ids.next(AgentId),
    name: "made while stopped",
    model: "default",
    tools: undefined,
    reading: "auto",
  });
  const agents = await house.operations["agents.list"](house.context(), {});
  const resumed = await house.operations["system.resume"](house.context(), { grants: "none" });
  const granted = await house.operations["capabilities.list"](house.context(), {});
  if (!agents.ok || !resumed.ok || !granted.ok) throw new Error("it answers");
  return { code: created.ok ? "ok" : created.error.code, agents: agents.value.length, granted: granted.value.length };
};

describe("an agent that is created while everything is stopped", () => {
  it("is refused, so that going on with no grants leaves none", async () => {
    const house = await start();
    expect(await attack(house, house.house)).toEqual({ code: "EVERYTHING_STOPPED", agents: 1, granted: 0 });
    expect(await house.operations["agents.create"](house.context(), { name: "later", model: "default" })).toMatchObject(
      { ok: true },
    );
  });

  it("is refused by the stop that is written down, also where memory knows none", async () => {
    const house = await start();
    expect(await attack(house, { ...house.house, halted: () => false })).toMatchObject({
      code: "EVERYTHING_STOPPED",
      granted: 0,
    });
  });

  it("unplug: without the look at the stop, its grants outlive it", async () => {
    const house = await start();
    const blind: Store = {
      ...house.house.store,
      atomically: (work) =>
        house.house.store.atomically((repositories) =>
          work({ ...repositories, stops: { ...repositories.stops, current: async () => ({ ok: true, value: null }) } }),
        ),
    };
    expect(await attack(house, { ...house.house, store: blind, halted: () => false })).toEqual({
      code: "ok",
      agents: 2,
      granted: 1,
    });
  });
});
