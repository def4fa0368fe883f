import { afterEach, expect, it } from "vitest";
import { manifest } from "./operations/testing/fake-house.ts";
import { arrive, lendToEveryone, must, peopleHouses } from "./operations/testing/people-house.ts";

const houses = peopleHouses();
afterEach(() => houses.close());

it("whoever loses an agent, their place or a tool leaves no program running", async () => {
  let looked = 0;
  const copies = {
    endHidden: async () => {
      looked += 1;
    },
  };
  const house = await houses.start({ catalog: [manifest("exec.start", "execute")], copies });
  await lendToEveryone(house);
  const bob = await arrive(house, "Bob");
  const { agent, operations } = house;
  const context = house.context();
  const shares = must(await operations["shares.list"](context, {}));
  const acts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["a share", async () => operations["shares.remove"](context, { shareId: shares[0]?.id ?? never() })],
    ["a tool", async () => operations["agents.tools"](context, { agentId: agent.id, tools: [] })],
    ["a place", async () => operations["people.change"](context, { personId: bob.principal.id, state: "suspended" })],
  ];
  for (const [what, act] of acts) {
    looked = 0;
    expect(await act(), what).toMatchObject({ ok: true });
    expect(looked, what).toBeGreaterThan(0);
  }
});

const never = (): never => {
  throw new Error("there is no share");
};
