import { RoleId, proofCovers } from "@moltbot/contracts";
import type { OperationPattern, OwnRole, Person, Principal, RequestContext } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { manifest } from "./testing/fake-house.ts";
import { codeOf, must, peopleHouses } from "./testing/people-house.ts";
import type { PeopleHouse } from "./testing/people-house.ts";

const houses = peopleHouses();
afterEach(houses.close);
const start = (fails = { audit: false, database: false }): Promise<PeopleHouse> =>
  houses.start({ catalog: [manifest("bank.pay", "commit")], fails });

type Word = Person["role"] | RoleId;
interface Arrived {
  readonly person: Person;
  /** A further request of theirs, by the session they came in with. */
  readonly again: () => Promise<RequestContext>;
}
const arrive = async (
  house: PeopleHouse,
  name: string,
  role: Word = "member",
  by = house.context(),
): Promise<Arrived> => {
  const { url, person } = must(await house.operations["people.invite"](by, { name, role, hours: 1 }));
  const { cookie } = must(await house.identity.signIn(url.split("code=")[1] ?? "", "10.0.0.1"));
  const again = async (): Promise<RequestContext> => {
    const { principal, proof } = must(await house.identity.bySession(cookie, "10.0.0.1"));
    return house.context({ principal, proof, surface: "session" });
  };
  return { person, again };
};
const make = async (
  house: PeopleHouse,
  operations: OperationPattern[],
  base: OwnRole["base"] = "member",
  name = "Reader",
): Promise<OwnRole> => must(await house.operations["roles.create"](house.context(), { name, base, operations }));
const covers = async ({ again }: Arrived, operation: string): Promise<boolean> =>
  proofCovers((await again()).proof ?? { scopes: [] }, operation);
const events = async (house: PeopleHouse): Promise<readonly string[]> =>
  must(await house.operations["audit.list"](house.context(), { limit: 500 })).map(({ event }) => event);

describe("a role of the house's own", () => {
  it("is made, listed by everybody, renamed and removed", async () => {
    const house = await start();
    const { operations } = house;
    const owner = house.context();
    const role = await make(house, ["messages.send", "agents.*", "agents.*"]);
    expect(role).toMatchObject({ name: "Reader", base: "member", operations: ["agents.*", "messages.send"] });
    const ada = await arrive(house, "Ada");
    expect(must(await operations["roles.list"](await ada.again(), {}))).toEqual([role]);
    const renamed = must(await operations["roles.change"](owner, { roleId: role.id, name: "Guest" }));
    expect(renamed).toEqual({ ...role, name: "Guest" });
    must(await operations["roles.remove"](owner, { roleId: role.id }));
    expect(must(await operations["roles.list"](owner, {}))).toEqual([]);
    expect(await events(house)).toEqual(expect.arrayContaining(["role:created", "role:changed", "role:removed"]));
  });

  it("has a name that is its own, seen whole, and none of the four", async () => {
    const house = await start();
    const { operations } = house;
    const owner = house.context();
    const role = await make(house, ["*"]);
    const other = await make(house, ["*"], "admin", "Other");
    for (const name of ["owner", "ADMIN", "Member", " viewer ", "ｏｗｎｅｒ", "Gu\u202eest", "…", role.id]) {
      const created = operations["roles.create"](owner, { name, base: "member", operations: ["*"] });
      expect([name, codeOf(await created)]).toEqual([name, "REQUEST_INVALID"]);
      expect(codeOf(await operations["roles.change"](owner, { roleId: role.id, name }))).toBe("REQUEST_INVALID");
    }
    for (const name of ["Reader", "reader", "READER"]) {
      expect(codeOf(await operations["roles.create"](owner, { name, base: "viewer", operations: ["*"] }))).toBe(
        "ROLE_NAME_TAKEN",
      );
      expect(codeOf(await operations["roles.change"](owner, { roleId: other.id, name }))).toBe("ROLE_NAME_TAKEN");
    }
    expect(must(await operations["roles.list"](owner, {}))).toEqual([role, other]);
  });

  it("names operations that its base has: what covers nothing is a slip of the hand", async () => {
    const house = await start();
    const { operations } = house;
    const owner = house.context();
    for (const pattern of ["policy.set", "polcy.*", "agents.lst", "vault.recovery"])
      for (const wish of [["agents.list", pattern], [pattern]])
        expect(codeOf(await operations["roles.create"](owner, { name: "x", base: "member", operations: wish }))).toBe(
          "REQUEST_INVALID",
        );
    const role = await make(house, ["events.stream", "people.*"]);
    expect(codeOf(await operations["roles.change"](owner, { roleId: role.id, operations: ["policy.set"] }))).toBe(
      "REQUEST_INVALID",
    );
    expect(codeOf(await operations["roles.change"](owner, { roleId: role.id }))).toBe("REQUEST_INVALID");
    expect(codeOf(await operations["roles.change"](owner, { roleId: RoleId.parse(house.agent.id), name: "y" }))).toBe(
      "NOT_FOUND",
    );
  });

  it("is not removed while somebody has it, also who has not come yet", async () => {
    const house = await start();
    const { operations } = house;
    const owner = house.context();
    const role = await make(house, ["agents.*"]);
    const { person } = must(await operations["people.invite"](owner, { name: "Ada", role: role.id, hours: 1 }));
    expect(person).toMatchObject({ role: "member", ownRole: role.id, state: "invited" });
    expect(codeOf(await operations["roles.remove"](owner, { roleId: role.id }))).toBe("ROLE_IN_USE");
    expect(must(await operations["people.remove"](owner, { personId: person.id }))).toMatchObject({
      ownRole: null,
      state: "left",
    });
    must(await operations["roles.remove"](owner, { roleId: role.id }));
  });

  it("is made and changed in person: no token does it, however much it may", async () => {
    const house = await start();
    const { operations } = house;
    const role = await make(house, ["agents.*"]);
    const { proof } = house.context();
    if (proof === undefined) throw new Error("no proof");
    const token = house.context({ surface: "token", proof: { ...proof, kind: "token", id: "t" } });
    const wish = { name: "x", base: "member", operations: ["*"] } as const;
    expect(codeOf(await operations["roles.create"](token, { ...wish, operations: ["*"] }))).toBe("SCOPE_INSUFFICIENT");
    expect(codeOf(await operations["roles.change"](token, { roleId: role.id, operations: ["*"] }))).toBe(
      "SCOPE_INSUFFICIENT",
    );
    expect(must(await operations["roles.list"](token, {}))).toEqual([role]);
  });

  it("widens only on record; what narrows it narrows all the same", async () => {
    const fails = { audit: false, database: false };
    const house = await start(fails);
    const { operations } = house;
    const owner = house.context();
    const role = await make(house, ["agents.*", "people.list"]);
    const ada = await arrive(house, "Ada", role.id);
    fails.audit = true;
    expect(codeOf(await operations["roles.create"](owner, { name: "x", base: "viewer", operations: ["*"] }))).toBe(
      "AUDIT_UNWRITABLE",
    );
    const wider = ["agents.*", "messages.send", "people.list"];
    expect(codeOf(await operations["roles.change"](owner, { roleId: role.id, operations: wider }))).toBe(
      "AUDIT_UNWRITABLE",
    );
    expect(await covers(ada, "messages.send")).toBe(false);
    const narrower = await operations["roles.change"](owner, { roleId: role.id, operations: ["people.list"] });
    expect(codeOf(narrower)).toBe("AUDIT_UNWRITABLE");
    expect(await covers(ada, "agents.list")).toBe(false);
    expect(await covers(ada, "people.list")).toBe(true);
  });
});

describe("somebody with a role of the house's own", () => {
  it("is narrowed with their very next request, and everybody hears of it", async () => {
    const house = await start();
    const { operations } = house;
    const owner = house.context();
    const role = await make(house, ["agents.*", "messages.send"]);
    const ada = await arrive(house, "Ada", role.id);
    expect([await covers(ada, "messages.send"), await covers(ada, "people.list")]).toEqual([true, false]);
    must(await operations["roles.change"](owner, { roleId: role.id, operations: ["people.list"] }));
    expect([await covers(ada, "messages.send"), await covers(ada, "people.list")]).toEqual([false, true]);
    const told = house.heard.findLast(({ name }) => name === "person:changed");
    expect(told?.payload).toMatchObject({ person: { id: ada.person.id, ownRole: role.id } });
    expect(new Set(told?.audience)).toEqual(new Set([house.owner.id, ada.person.id]));
    must(await operations["people.change"](owner, { personId: ada.person.id, role: "member" }));
    expect(await covers(ada, "messages.send")).toBe(true);
    must(await operations["people.change"](owner, { personId: ada.person.id, role: role.id }));
    expect(await covers(ada, "messages.send")).toBe(false);
  });

  it("is narrowed with their very next request too where nobody can say who has the role", async () => {
    const fails = { audit: false, database: false, people: false };
    const house = await start(fails);
    const role = await make(house, ["agents.*", "messages.send"]);
    const ada = await arrive(house, "Ada", role.id);
    expect(await covers(ada, "messages.send")).toBe(true);
    fails.people = true;
    must(await house.operations["roles.change"](house.context(), { roleId: role.id, operations: ["people.list"] }));
    expect([await covers(ada, "messages.send"), await covers(ada, "people.list")]).toEqual([false, true]);
  });

  it("is given more in person and on record alone, where the base stays the same too", async () => {
    const fails = { audit: false, database: false };
    const house = await start(fails);
    const { operations } = house;
    const owner = house.context();
    const role = await make(house, ["agents.*"]);
    const ada = await arrive(house, "Ada", role.id);
    const { proof } = owner;
    if (proof === undefined) throw new Error("no proof");
    const token = house.context({ surface: "token", proof: { ...proof, kind: "token", id: "t" } });
    const personId = ada.person.id;
    expect(codeOf(await operations["people.change"](token, { personId, role: "member" }))).toBe("SCOPE_INSUFFICIENT");
    // What takes away needs nobody to come.
    const less = await make(house, ["agents.list"], "member", "Less");
    expect(must(await operations["people.change"](token, { personId, role: less.id })).ownRole).toBe(less.id);
    fails.audit = true;
    expect(codeOf(await operations["people.change"](owner, { personId, role: "member" }))).toBe("AUDIT_UNWRITABLE");
    expect(await covers(ada, "agents.get")).toBe(false);
  });

  it("leaves when they like, and removes nobody that their role does not cover", async () => {
    const house = await start();
    const { operations } = house;
    const role = await make(house, ["agents.list"], "admin");
    const [ada, bob] = [await arrive(house, "Ada", role.id), await arrive(house, "Bob")];
    const hers = await ada.again();
    for (const personId of [bob.person.id, house.owner.id])
      expect(codeOf(await operations["people.remove"](hers, { personId }))).toBe("ROLE_LEAVES_OUT");
    expect(must(await operations["people.remove"](hers, { personId: ada.person.id })).state).toBe("left");
    const left = must(await operations["people.list"](house.context(), {}));
    expect(left.map(({ name, state }) => `${name} ${state}`)).toEqual(["Owner active", "Ada left", "Bob active"]);
  });

  it("answers the questions of their own agents: they are no lesser program", async () => {
    const house = await start();
    const role = await make(house, ["approvals.*"]);
    const ada = await arrive(house, "Ada", role.id);
    const { proof, principal } = await ada.again();
    expect([proof?.personRole, principal.role, proof?.integrity]).toEqual([undefined, "member", "authority"]);
  });

  it("is told by access explain which role leaves it out, as is whoever asks about them", async () => {
    const house = await start();
    const { operations } = house;
    const role = await make(house, ["agents.*", "access.*"]);
    const ada = await arrive(house, "Ada", role.id);
    const hers = await ada.again();
    const ask = (context: RequestContext, operation: string, personId?: Principal["id"]) =>
      operations["access.explain"](context, {
        operation,
        right: "use",
        ...(personId === undefined ? {} : { personId }),
      });
    const told: unknown = expect.stringContaining("does not cover");
    const ruled = { allowed: false, because: [{ rule: "role", says: told }] };
    expect(must(await ask(hers, "people.list"))).toMatchObject(ruled);
    expect(must(await ask(house.context(), "people.list", ada.person.id))).toMatchObject(ruled);
    expect(must(await ask(hers, "agents.list")).allowed).toBe(true);
    expect(must(await ask(hers, "sessions.end")).allowed).toBe(true);
    expect(must(await ask(hers, "policy.set")).allowed).toBe(false);
  });
});

describe("an admin whose role is narrowed", () => {
  const keeper = async (house: PeopleHouse, patterns: OperationPattern[]) =>
    arrive(house, "Ada", (await make(house, patterns, "admin", "Keeper")).id);

  it("lets in nobody who may more than they: it could be them, by another name", async () => {
    const house = await start();
    const { operations } = house;
    const ada = await keeper(house, ["people.*", "agents.*"]);
    const [within, wider] = [
      await make(house, ["agents.list"], "member", "Within"),
      await make(house, ["agents.*", "messages.send"], "member", "Wider"),
    ];
    const hers = await ada.again();
    const invite = async (role: Word) => operations["people.invite"](hers, { name: "Sock", role, hours: 1 });
    for (const role of ["viewer", "member", "admin", "owner", wider.id] as const)
      expect([role, codeOf(await invite(role))]).toEqual([role, "PERSON_NOT_CHANGEABLE"]);
    expect(codeOf(await invite(RoleId.parse(house.agent.id)))).toBe("NOT_FOUND");
    const { person } = must(await invite(within.id));
    for (const role of ["viewer", "member", wider.id] as const)
      expect([role, codeOf(await operations["people.change"](hers, { personId: person.id, role }))]).toEqual([
        role,
        "PERSON_NOT_CHANGEABLE",
      ]);
    // Nor do they come in as somebody whom another invited to more.
    const { person: bob } = must(
      await operations["people.invite"](house.context(), { name: "Bob", role: "member", hours: 1 }),
    );
    expect(codeOf(await operations["people.link"](hers, { personId: bob.id, hours: 1 }))).toBe("PERSON_NOT_CHANGEABLE");
    expect(codeOf(await operations["people.link"](hers, { personId: person.id, hours: 1 }))).toBe("ok");
    const people = must(await operations["people.list"](house.context(), {}));
    expect(people.map(({ name, ownRole }) => [name, ownRole])).toEqual([
      ["Owner", null],
      ["Ada", ada.person.ownRole],
      ["Sock", within.id],
      ["Bob", null],
    ]);
  });

  it("gives no role whose base they do not manage, and changes none", async () => {
    const house = await start();
    const { operations } = house;
    const ada = await keeper(house, ["*"]);
    const high = await make(house, ["agents.list"], "admin", "High");
    const hers = await ada.again();
    const bob = await arrive(house, "Bob");
    expect(codeOf(await operations["people.change"](hers, { personId: bob.person.id, role: high.id }))).toBe(
      "PERSON_NOT_CHANGEABLE",
    );
    const low = await make(house, ["agents.list"], "member", "Low");
    expect(must(await operations["people.change"](hers, { personId: bob.person.id, role: low.id })).ownRole).toBe(
      low.id,
    );
    must(await operations["people.change"](hers, { personId: bob.person.id, state: "suspended" }));
    must(await operations["people.change"](hers, { personId: bob.person.id, state: "active" }));
    expect(codeOf(await operations["people.change"](hers, { personId: ada.person.id, role: "admin" }))).toBe(
      "PERSON_NOT_CHANGEABLE",
    );
  });

  it("has the whole house without it, when it is handed on to them", async () => {
    const house = await start();
    const { operations } = house;
    const ada = await keeper(house, ["agents.list"]);
    must(await operations["people.transfer"](house.context(), { personId: ada.person.id }));
    expect(await covers(ada, "policy.set")).toBe(true);
    expect((await ada.again()).principal.role).toBe("owner");
  });
});
