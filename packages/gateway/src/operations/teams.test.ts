import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Repositories, Result, Share, Team } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import type { OperationPorts } from "./ports.ts";
import { teamOperations } from "./teams.ts";
import { model, until } from "./testing/fake-house.ts";
import { agentOf, arrive, codeOf, must, peopleHouses } from "./testing/people-house.ts";

const houses = peopleHouses();
afterEach(houses.close);

/** A team that Bob is in, and from which Ada keeps her agent, which everybody else may use. */
const start = async () => {
  const fails = { audit: false, database: false };
  const house = await houses.start({ catalog: [], model: model(), fails });
  const [ada, bob] = [await arrive(house, "Ada"), await arrive(house, "Bob")];
  const agent = await agentOf(house, ada, "Kept");
  const { operations } = house;
  const team: Team = must(
    await operations["teams.create"](house.context(), { name: "birds", members: [bob.principal.id] }),
  );
  const share = async (to: Share["to"], effect: Share["effect"]): Promise<void> =>
    void must(
      await operations["shares.set"](ada, { object: { type: "agent", id: agent.id }, to, rights: ["use"], effect }),
    );
  await share({ kind: "everyone" }, "allow");
  await share({ kind: "team", id: team.id }, "deny");
  const uses = async (): Promise<boolean> =>
    codeOf(await operations["agents.get"](bob, { agentId: agent.id })) === "ok";
  return { house, ada, bob, agent, team, fails, uses };
};
type Started = Awaited<ReturnType<typeof start>>;

/** The same operations where the list of shares cannot be read, or is what somebody says. */
const withShares = ({ house }: Started, list: Repositories["shares"]["list"]) => {
  const store = new Proxy(house.house.store, {
    get: (target, name): unknown =>
      name === "shares" ? { ...target.shares, list } : Reflect.get(target, name, target),
  });
  return teamOperations({
    house: { ...house.house, store },
    workers: house.halt.workers,
    copies: { endHidden: async () => undefined },
  } as unknown as OperationPorts); // these operations use no other port
};
const unreadable = async (): Promise<Result<never>> => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "a test" }));

describe("a team whose shares cannot be read", () => {
  it("stays as it is: nobody is let out of what is kept from them", async () => {
    const world = await start();
    const { house, team, fails, uses } = world;
    const broken = withShares(world, unreadable);
    const owner = house.context();
    for (const audit of [false, true]) {
      fails.audit = audit;
      expect(codeOf(await broken["teams.remove"](owner, { teamId: team.id }))).toBe("DATABASE_UNAVAILABLE");
      expect(codeOf(await broken["teams.change"](owner, { teamId: team.id, members: [] }))).toBe(
        "DATABASE_UNAVAILABLE",
      );
    }
    fails.audit = false;
    expect(must(await house.operations["teams.list"](owner, {}))).toEqual([team]);
    expect(await uses()).toBe(false);
  });

  it("unplug: read as none, the team goes without a record, and what was kept from it is open", async () => {
    const world = await start();
    const { house, team, fails, uses } = world;
    fails.audit = true;
    const owner = house.context();
    expect(await uses()).toBe(false);
    await withShares(world, async () => ok([]))["teams.remove"](owner, { teamId: team.id });
    fails.audit = false;
    expect(must(await house.operations["teams.list"](owner, {}))).toEqual([]);
    expect(await uses()).toBe(true);
  });
});

describe("whoever is in the house", () => {
  it("hears of every team that is made, changed or removed, as it is then", async () => {
    const { house, ada, bob } = await start();
    const owner = house.context();
    const { operations } = house;
    const told = () =>
      house.heard
        .filter(({ name }) => name === "team:changed")
        .slice(1)
        .map(({ payload, audience }) => ({ payload, audience: [...audience].toSorted() }));
    const audience = [house.owner.id, ada.principal.id, bob.principal.id].toSorted();
    const owls = must(await operations["teams.create"](owner, { name: "owls", members: [] }));
    const hawks = must(await operations["teams.change"](owner, { teamId: owls.id, name: "hawks" }));
    must(await operations["teams.remove"](owner, { teamId: owls.id }));
    expect(told()).toEqual([
      { payload: { teamId: owls.id, team: owls }, audience },
      { payload: { teamId: owls.id, team: hawks }, audience },
      { payload: { teamId: owls.id, team: null }, audience },
    ]);
    expect(codeOf(await operations["teams.remove"](owner, { teamId: owls.id }))).toBe("NOT_FOUND");
    expect(told()).toHaveLength(3);
  });

  it("hears when somebody who was invited has come, once", async () => {
    const { house, ada } = await start();
    const arrivals = () =>
      house.heard.flatMap(({ name, payload, audience }) =>
        name === "person:changed" && payload.person.name === "Eve" && payload.person.state === "active"
          ? [audience]
          : [],
      );
    const wish = { name: "Eve", role: "member", hours: 1 } as const;
    const { url, person } = must(await house.operations["people.invite"](house.context(), wish));
    expect(arrivals()).toEqual([]);
    must(await house.identity.signIn(url.split("code=")[1] ?? "", "10.0.0.1"));
    await until(async () => arrivals().length > 0);
    const again = must(await house.identity.createSignInCode({ ...house.owner, id: person.id }, { strong: false }));
    expect(must(await house.identity.signIn(again.code, "10.0.0.1")).principal).not.toHaveProperty("arrived");
    await until(async () => arrivals().length > 0);
    expect(arrivals()).toHaveLength(1);
    expect(arrivals()[0]).toEqual(expect.arrayContaining([house.owner.id, ada.principal.id, person.id]));
  });
});

describe("who is put out of a team that something is kept from", () => {
  it("goes only on record: it is theirs to use again", async () => {
    const { house, team, fails, uses } = await start();
    const owner = house.context();
    fails.audit = true;
    const put = () => house.operations["teams.change"](owner, { teamId: team.id, members: [] });
    expect(codeOf(await put())).toBe("AUDIT_UNWRITABLE");
    expect(await uses()).toBe(false);
    fails.audit = false;
    expect(codeOf(await put())).toBe("ok");
    expect(await uses()).toBe(true);
  });

  it("and lets somebody else in at once goes only on record too", async () => {
    const { house, ada, bob, fails } = await start();
    const owner = house.context();
    const other = must(await house.operations["teams.create"](owner, { name: "owls", members: [bob.principal.id] }));
    fails.audit = true;
    const members = [ada.principal.id];
    expect(codeOf(await house.operations["teams.change"](owner, { teamId: other.id, members }))).toBe(
      "AUDIT_UNWRITABLE",
    );
    // Whoever only leaves is out, whatever can be written.
    expect(codeOf(await house.operations["teams.change"](owner, { teamId: other.id, members: [] }))).toBe(
      "AUDIT_UNWRITABLE",
    );
    fails.audit = false;
    expect(must(await house.operations["teams.list"](owner, {})).find(({ id }) => id === other.id)?.members).toEqual(
      [],
    );
  });
});
