import { ownScope } from "@moltbot/contracts";
import type { Person, Result, TurnId } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { manifest, model, until } from "./testing/fake-house.ts";
import { agentOf, arrive, codeOf, must, peopleHouses } from "./testing/people-house.ts";

const houses = peopleHouses();
afterEach(houses.close);

/** Ada's agent, which Bob may use and is using: his turn waits for his word. */
const start = async () => {
  const house = await houses.start({
    catalog: [manifest("bank.pay", "commit")],
    model: model(undefined, "bank.pay"),
    fails: { audit: false, database: false },
  });
  const [ada, bob] = [await arrive(house, "Ada"), await arrive(house, "Bob")];
  const agent = await agentOf(house, ada, "Lent");
  const object = { type: "agent", id: agent.id } as const;
  const to = { kind: "person", id: bob.principal.id } as const;
  must(await house.operations["shares.set"](ada, { object, to, rights: ["use"], effect: "allow" }));
  const send = (): Promise<Result<{ readonly turnId: TurnId }>> =>
    house.operations["messages.send"](bob, {
      agentId: agent.id,
      content: "pay",
      blocks: [],
      conversationId: "new",
      wait: false,
    });
  const turn = must(await send()).turnId;
  const stateOf = async (): Promise<string> =>
    must(await house.house.store.turns.find(ownScope(bob.principal), turn)).state;
  await until(async () => (await stateOf()) === "waiting");
  const put = async (state: "active" | "suspended"): Promise<Person> =>
    must(await house.operations["people.change"](house.context(), { personId: ada.principal.id, state }));
  const seen = async (): Promise<readonly string[]> =>
    must(await house.operations["agents.list"](bob, {})).map(({ name }) => name);
  return { house, ada, bob, agent, turn, send, put, seen, stateOf };
};

describe("an agent of somebody who is suspended", () => {
  it("is nobody's to use: whoever it was shared with does not see it, and what ran with it has ended", async () => {
    const { house, bob, agent, send, put, seen, stateOf } = await start();
    expect(await seen()).toContain("Lent");
    await put("suspended");
    expect(await stateOf()).toBe("stopped");
    expect(must(await house.operations["approvals.list"](bob, { state: "pending", limit: 10 }))).toEqual([]);
    expect(await seen()).not.toContain("Lent");
    expect(codeOf(await house.operations["agents.get"](bob, { agentId: agent.id }))).toBe("NOT_FOUND");
    expect(codeOf(await send())).toBe("NOT_FOUND");
  });

  it("is what it was when they are let in again", async () => {
    const { send, put, seen } = await start();
    await put("suspended");
    await put("active");
    expect(await seen()).toContain("Lent");
    expect(codeOf(await send())).toBe("ok");
  });

  it("is gone with whoever leaves", async () => {
    const { house, ada, send, seen, stateOf } = await start();
    must(await house.operations["people.remove"](house.context(), { personId: ada.principal.id }));
    expect([await stateOf(), codeOf(await send()), await seen()]).toEqual(["stopped", "NOT_FOUND", []]);
  });

  it("unplug: where nobody ends what it hid, what Bob runs with it goes on", async () => {
    const { house, ada, put, stateOf } = await start();
    const scope = { ...ownScope(house.owner), reach: "tenant" } as const;
    const was = must(await house.house.store.people.find(scope, ada.principal.id));
    must(await house.house.store.people.change(scope, was.id, was, { ...was, state: "suspended" }));
    expect(await stateOf()).toBe("waiting");
    must(await house.house.store.people.change(scope, was.id, { ...was, state: "suspended" }, was));
    await put("suspended");
    expect(await stateOf()).toBe("stopped");
  });
});
