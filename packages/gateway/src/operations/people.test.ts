import { AgentId, ok, ownScope } from "@moltbot/contracts";
import type { Person, RequestContext, TurnId } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { manifest, model, until } from "./testing/fake-house.ts";
import { agentOf, arrive, codeOf, must, peopleHouses } from "./testing/people-house.ts";
import type { PeopleHouse } from "./testing/people-house.ts";

const houses = peopleHouses();
afterEach(houses.close);

const start = (fails = { audit: false, database: false }): Promise<PeopleHouse> =>
  houses.start({ catalog: [manifest("bank.pay", "commit")], model: model(undefined, "bank.pay"), fails });
const invite = async (house: PeopleHouse, name: string, role: Person["role"] = "member"): Promise<Person> =>
  must(await house.operations["people.invite"](house.context(), { name, role, hours: 1 })).person;

const states = async (house: PeopleHouse): Promise<readonly string[]> =>
  must(await house.operations["people.list"](house.context(), {})).map(
    ({ name, role, state }) => `${name} ${role} ${state}`,
  );

describe("a name", () => {
  it("is one by which people can tell somebody from everybody else", async () => {
    const house = await start();
    for (const name of ["me", "Everyone", "team:birds", "a\u0000b", "Ada\u202e", "\u200d", "…", house.owner.id])
      expect(
        codeOf(await house.operations["people.invite"](house.context(), { name, role: "viewer", hours: 1 })),
        JSON.stringify(name),
      ).toBe("REQUEST_INVALID");
    for (const name of ["Ada", "Zoë O’Neil", "李 小龙", "می‌خواهم", "R2"]) await invite(house, name);
  });
});

describe("a token", () => {
  it("brings nobody in, and hands nothing on", async () => {
    const house = await start();
    const bob = await arrive(house, "Bob");
    const { proof } = house.context();
    if (proof === undefined) throw new Error("the house says how it was asked");
    const context = house.context({ surface: "token", proof: { ...proof, kind: "token", strong: false } });
    const personId = bob.principal.id;
    const { operations } = house;
    expect(codeOf(await operations["people.invite"](context, { name: "Eve", role: "viewer", hours: 1 }))).toBe(
      "SCOPE_INSUFFICIENT",
    );
    expect(codeOf(await operations["people.link"](context, { personId, hours: 1 }))).toBe("SCOPE_INSUFFICIENT");
    expect(codeOf(await operations["people.change"](context, { personId, role: "admin" }))).toBe("SCOPE_INSUFFICIENT");
    expect(codeOf(await operations["people.transfer"](context, { personId }))).toBe("SCOPE_INSUFFICIENT");
    expect(await states(house)).toEqual(["Owner owner active", "Bob member active"]);
    must(await operations["people.change"](context, { personId, state: "suspended" }));
    expect(codeOf(await operations["people.change"](context, { personId, state: "active" }))).toBe(
      "SCOPE_INSUFFICIENT",
    );
  });
});

describe("what lets somebody do more", () => {
  it("does not happen without its record", async () => {
    const fails = { audit: false, database: false };
    const house = await start(fails);
    const ada = await arrive(house, "Ada");
    const bob = await arrive(house, "Bob");
    must(await house.operations["people.change"](house.context(), { personId: bob.principal.id, state: "suspended" }));
    const agent = await agentOf(house, ada);
    const object = { type: "agent", id: agent.id } as const;
    const deny = must(
      await house.operations["shares.set"](ada, { object, to: { kind: "everyone" }, rights: ["use"], effect: "deny" }),
    );
    const before = await states(house);
    fails.audit = true;
    const { operations } = house;
    const owner = house.context();
    const refused = [
      await operations["people.invite"](owner, { name: "Eve", role: "viewer", hours: 1 }),
      await operations["people.change"](owner, { personId: ada.principal.id, role: "admin" }),
      await operations["people.change"](owner, { personId: bob.principal.id, state: "active" }),
      await operations["people.transfer"](owner, { personId: ada.principal.id }),
      await operations["teams.create"](owner, { name: "birds", members: [ada.principal.id] }),
      await operations["shares.set"](ada, { object, to: { kind: "everyone" }, rights: ["use"], effect: "allow" }),
      await operations["shares.remove"](ada, { shareId: deny.id }),
    ];
    expect(refused.map(codeOf)).toEqual(refused.map(() => "AUDIT_UNWRITABLE"));
    fails.audit = false;
    expect(await states(house)).toEqual(before);
    expect(must(await operations["teams.list"](owner, {}))).toEqual([]);
    expect(must(await operations["shares.list"](ada, {})).map(({ id, effect }) => [id, effect])).toEqual([
      [deny.id, "deny"],
    ]);
  });

  it("that was recorded and failed is recorded as void", async () => {
    const house = await start();
    const ada = await arrive(house, "Ada");
    const failed = await house.operations["teams.create"](house.context(), {
      name: "ghosts",
      members: [house.house.ids.next(AgentId) as unknown as Person["id"]], // an id of nobody
    });
    expect(codeOf(failed)).toBe("NOT_FOUND");
    const events = must(await house.operations["audit.list"](house.context(), { limit: 2 })).map(({ event }) => event);
    expect(events).toEqual(["team:created-void", "team:created"]);
    expect(ada.principal.role).toBe("member");
  });
});

describe("what narrows", () => {
  it("happens also when it cannot be recorded, and says so", async () => {
    const fails = { audit: false, database: false };
    const house = await start(fails);
    const ada = await arrive(house, "Ada", "admin");
    const bob = await arrive(house, "Bob");
    const cleo = await arrive(house, "Cleo");
    const agent = await agentOf(house, bob);
    const object = { type: "agent", id: agent.id } as const;
    const share = must(
      await house.operations["shares.set"](bob, { object, to: { kind: "everyone" }, rights: ["use"], effect: "allow" }),
    );
    fails.audit = true;
    const { operations } = house;
    const owner = house.context();
    const said = [
      await operations["people.change"](owner, { personId: ada.principal.id, role: "viewer" }),
      await operations["people.change"](owner, { personId: cleo.principal.id, state: "suspended" }),
      await operations["shares.remove"](bob, { shareId: share.id }),
      await operations["people.remove"](owner, { personId: bob.principal.id }),
    ];
    expect(said.map(codeOf)).toEqual(said.map(() => "AUDIT_UNWRITABLE"));
    fails.audit = false;
    expect(await states(house)).toEqual([
      "Owner owner active",
      "Ada viewer active",
      "Bob member left",
      "Cleo member suspended",
    ]);
    expect(must(await house.house.store.shares.list({ ...house.scope, reach: "tenant" }))).toEqual([]);
  });

  it("ends a turn of whoever may not go on, and leaves the others'", async () => {
    const house = await start();
    const ada = await arrive(house, "Ada");
    const agent = await agentOf(house, ada);
    const send = async (context: RequestContext, agentId: typeof agent.id): Promise<TurnId> =>
      must(
        await house.operations["messages.send"](context, {
          agentId,
          content: "pay",
          blocks: [],
          conversationId: "new",
          wait: false,
        }),
      ).turnId;
    const theirs = await send(ada, agent.id);
    const mine = await send(house.context(), house.agent.id);
    const stateOf = async (context: RequestContext, id: TurnId): Promise<string> =>
      must(await house.house.store.turns.find(ownScope(context.principal), id)).state;
    await until(async () => (await stateOf(ada, theirs)) === "waiting");
    await until(async () => (await stateOf(house.context(), mine)) === "waiting");
    must(await house.operations["people.change"](house.context(), { personId: ada.principal.id, state: "suspended" }));
    expect(await stateOf(ada, theirs)).toBe("stopped");
    expect(await stateOf(house.context(), mine)).toBe("waiting");
  });
});

describe("who hears of it", () => {
  it("is everybody who is active, of people; and of a share whom it reaches", async () => {
    const house = await start();
    const ada = await arrive(house, "Ada");
    const bob = await arrive(house, "Bob");
    const eve = await invite(house, "Eve");
    const last = house.heard.findLast(({ name }) => name === "person:changed");
    expect(last?.payload).toEqual({ person: eve });
    expect(new Set(last?.audience)).toEqual(new Set([house.owner.id, ada.principal.id, bob.principal.id, eve.id]));
    const agent = await agentOf(house, ada);
    const object = { type: "agent", id: agent.id } as const;
    const to = { kind: "person", id: bob.principal.id } as const;
    must(await house.operations["shares.set"](ada, { object, to, rights: ["use"], effect: "allow" }));
    const told = house.heard.findLast(({ name }) => name === "share:changed");
    expect(told?.payload).toEqual({ object, by: ada.principal.id });
    expect(told?.audience).toEqual([ada.principal.id, bob.principal.id]);
  });
});

describe("a team", () => {
  it("is renamed, filled and emptied, and whoever could use something through it hears of that", async () => {
    const house = await start();
    const ada = await arrive(house, "Ada");
    const bob = await arrive(house, "Bob");
    const eve = await arrive(house, "Eve");
    const { operations } = house;
    const owner = house.context();
    const team = must(
      await operations["teams.create"](owner, { name: "birds", members: [bob.principal.id, bob.principal.id] }),
    );
    expect(team.members).toEqual([bob.principal.id]);
    const agent = await agentOf(house, ada);
    const object = { type: "agent", id: agent.id } as const;
    const to = { kind: "team", id: team.id } as const;
    must(await operations["shares.set"](ada, { object, to, rights: ["use"], effect: "allow" }));
    const told = () => house.heard.filter(({ name }) => name === "share:changed").map(({ audience }) => audience);
    expect(told()).toEqual([[ada.principal.id, bob.principal.id]]);
    const changed = must(
      await operations["teams.change"](owner, { teamId: team.id, name: "owls", members: [eve.principal.id] }),
    );
    expect(changed).toMatchObject({ name: "owls", members: [eve.principal.id] });
    expect(told().slice(1)).toEqual([[bob.principal.id], [eve.principal.id]]);
    expect(codeOf(await operations["agents.get"](bob, { agentId: agent.id }))).toBe("NOT_FOUND");
    expect(codeOf(await operations["agents.get"](eve, { agentId: agent.id }))).toBe("ok");
    must(await operations["teams.change"](owner, { teamId: team.id, name: "hawks" }));
    must(await operations["teams.remove"](owner, { teamId: team.id }));
    expect(told().slice(3)).toEqual([[eve.principal.id]]);
    expect(codeOf(await operations["agents.get"](eve, { agentId: agent.id }))).toBe("NOT_FOUND");
    expect(must(await operations["shares.list"](ada, {}))).toEqual([]);
    for (const gone of [
      await operations["teams.remove"](owner, { teamId: team.id }),
      await operations["teams.change"](owner, { teamId: team.id, name: "x" }),
    ])
      expect(codeOf(gone)).toBe("NOT_FOUND");
  });

  it("that something is kept from goes only on record: its members could use it again", async () => {
    const fails = { audit: false, database: false };
    const house = await start(fails);
    const ada = await arrive(house, "Ada");
    const { operations } = house;
    const owner = house.context();
    const [kept, plain] = [
      must(await operations["teams.create"](owner, { name: "birds", members: [] })),
      must(await operations["teams.create"](owner, { name: "owls", members: [] })),
    ];
    const object = { type: "agent", id: (await agentOf(house, ada)).id } as const;
    const to = { kind: "team", id: kept.id } as const;
    must(await operations["shares.set"](ada, { object, to, rights: ["use"], effect: "deny" }));
    fails.audit = true;
    for (const { id: teamId } of [kept, plain])
      expect(codeOf(await operations["teams.remove"](owner, { teamId }))).toBe("AUDIT_UNWRITABLE");
    expect(must(await operations["teams.list"](owner, {}))).toEqual([kept]);
  });

  it("takes in nobody who is not here, and nothing of it changes then", async () => {
    const house = await start();
    const ada = await arrive(house, "Ada");
    const { operations } = house;
    const owner = house.context();
    const team = must(await operations["teams.create"](owner, { name: "birds", members: [ada.principal.id] }));
    must(await operations["people.remove"](owner, { personId: (await invite(house, "Eve")).id }));
    const [gone] = must(await operations["people.list"](owner, {})).filter(({ state }) => state === "left");
    const members = gone === undefined ? [] : [gone.id];
    expect(codeOf(await operations["teams.change"](owner, { teamId: team.id, name: "owls", members }))).toBe(
      "NOT_FOUND",
    );
    expect(must(await operations["teams.list"](owner, {}))).toEqual([team]);
  });
});

describe("a deny", () => {
  it("of a thing that somebody never could use tells them nothing", async () => {
    const house = await start();
    const ada = await arrive(house, "Ada");
    const bob = await arrive(house, "Bob");
    const agent = await agentOf(house, ada);
    const object = { type: "agent", id: agent.id } as const;
    const to = { kind: "person", id: bob.principal.id } as const;
    must(await house.operations["shares.set"](ada, { object, to, rights: ["use"], effect: "deny" }));
    expect(house.heard.findLast(({ name }) => name === "share:changed")?.audience).toEqual([ada.principal.id]);
    const records = must(await house.operations["audit.list"](bob, { limit: 500 }));
    expect(JSON.stringify(records)).not.toContain(agent.id);
  });
});

describe("a share", () => {
  it("that lets edit lets use, and a deny only adds to a deny", async () => {
    const house = await start();
    const ada = await arrive(house, "Ada");
    const agent = await agentOf(house, ada);
    const set = async (rights: ("use" | "edit" | "delete")[], effect: "allow" | "deny") =>
      must(
        await house.operations["shares.set"](ada, {
          object: { type: "agent", id: agent.id },
          to: { kind: "everyone" },
          rights,
          effect,
        }),
      );
    expect((await set(["edit"], "allow")).rights).toEqual(["use", "edit"]);
    const first = await set(["delete"], "deny");
    const second = await set(["edit"], "deny");
    expect([second.id, second.rights]).toEqual([first.id, ["edit", "delete"]]);
    expect((await set(["use"], "allow")).rights).toEqual(["use"]);
    const owner = house.context();
    const object = { type: "agent", id: agent.id } as const;
    expect(
      codeOf(
        await house.operations["shares.set"](owner, {
          object,
          to: { kind: "everyone" },
          rights: ["use"],
          effect: "deny",
        }),
      ),
    ).toBe("ACCESS_DENIED");
    const self = { kind: "person", id: ada.principal.id } as const;
    expect(
      codeOf(await house.operations["shares.set"](ada, { object, to: self, rights: ["use"], effect: "deny" })),
    ).toBe("REQUEST_INVALID");
  });
});

describe("access explain", () => {
  it("says the rule for an operation: state, role, or what the credential is for", async () => {
    const house = await start();
    const ada = await arrive(house, "Ada");
    const { operations } = house;
    const ask = async (context: RequestContext, operation: string, personId?: Person["id"]) =>
      operations["access.explain"](context, {
        operation,
        right: "use",
        ...(personId === undefined ? {} : { personId }),
      });
    expect(must(await ask(ada, "policy.set"))).toMatchObject({ allowed: false, because: [{ rule: "role" }] });
    expect(must(await ask(ada, "agents.create"))).toMatchObject({ allowed: true, because: [{ rule: "role" }] });
    const scopes = ["agents.list"] as const;
    const narrow = {
      ...ada,
      proof: { kind: "token", id: null, strong: false, at: house.house.clock.now(), scopes, integrity: "authority" },
    } as const;
    expect(must(await ask(narrow, "agents.create"))).toMatchObject({ allowed: false, because: [{ rule: "scope" }] });
    const owner = house.context();
    expect(must(await ask(owner, "policy.set", ada.principal.id)).allowed).toBe(false);
    must(await operations["people.change"](owner, { personId: ada.principal.id, state: "suspended" }));
    expect(must(await ask(owner, "agents.list", ada.principal.id))).toMatchObject({
      allowed: false,
      because: [{ rule: "state" }],
    });
    expect(codeOf(await ask(owner, "no.such"))).toBe("NOT_FOUND");
    expect(codeOf(await operations["access.explain"](owner, { right: "use" }))).toBe("REQUEST_INVALID");
    const both = await operations["access.explain"](owner, {
      operation: "agents.reading",
      agentId: house.agent.id,
      right: "edit",
    });
    expect(both).toEqual(ok(expect.objectContaining({ allowed: true })));
  });
});
