import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { SecretId, instantOf, millisecondsOf, ok } from "@moltbot/contracts";
import type { DomainEvent, OperationInput, RequestContext, SecretInfo } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { checkSecrets, dueSecrets } from "./secrets.ts";
import { OWNER, at, idOf, manifest } from "./testing/fake-house.ts";
import { arrive, codeOf, must, peopleHouses } from "./testing/people-house.ts";

const DAY = 86_400_000;
const VALUE = "canary-77aa";
const houses = peopleHouses();
afterEach(houses.close);
const start = async () => {
  const fails = { audit: false, database: false };
  return { ...(await houses.start({ catalog: [manifest("note.write", "write")], fails })), fails };
};
const wish = { name: "weather", value: VALUE, hosts: ["api.example.com"], of: "house" as const };

describe("secrets by the operations", () => {
  it("are stored, listed, replaced and removed, and no answer holds a value", async () => {
    const { operations, context, root } = await start();
    const stored = must(await operations["secrets.set"](context(), { ...wish, kind: "api-key", rotateEveryDays: 30 }));
    expect(stored).toMatchObject({ kind: "api-key", ownerId: null, rotateEveryDays: 30, rotationDue: false });
    const replaced = must(await operations["secrets.set"](context(), { ...wish, value: "new", hosts: ["b.example"] }));
    expect(replaced).toMatchObject({ kind: "api-key", hosts: ["b.example"], rotateEveryDays: 30 });
    const list = must(await operations["secrets.list"](context(), {}));
    expect(list).toEqual([replaced]);
    expect(JSON.stringify([stored, replaced, list])).not.toContain(VALUE);
    expect(await operations["secrets.remove"](context(), { name: "weather", of: "house" })).toEqual(ok({}));
    expect(await operations["secrets.remove"](context(), { name: "weather", of: "house" })).toMatchObject({
      error: { code: "SECRET_NOT_FOUND" },
    });
    expect(must(await operations["secrets.list"](context(), {}))).toEqual([]);
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name), "latin1");
      for (const word of [VALUE, "api.example.com", "weather"]) expect(bytes.includes(word), name).toBe(false);
    }
  });

  it("are on record first, or nothing happens", async () => {
    const { operations, context, fails, house } = await start();
    must(await operations["secrets.set"](context(), wish));
    const [record] = must(await house.audit.list(1));
    expect(record).toMatchObject({ event: "secret:set", fields: { kind: null, expiresAt: null } });
    expect(Object.keys(record?.commitments ?? {}).toSorted()).toEqual(["hosts", "name"]);
    fails.audit = true;
    expect(await operations["secrets.set"](context(), { ...wish, name: "b" })).toMatchObject({ ok: false });
    expect(await operations["secrets.remove"](context(), { name: "weather", of: "house" })).toMatchObject({
      ok: false,
    });
    expect(must(await operations["secrets.list"](context(), {})).map(({ name }) => name)).toEqual(["weather"]);
  });
});

describe("a person's own secrets", () => {
  const begin = async () => {
    const house = await start();
    const ada = await arrive(house, "Ada");
    const bob = await arrive(house, "Bob");
    const eve = await arrive(house, "Eve", "admin");
    const own = must(await house.operations["secrets.set"](ada, { ...wish, of: "me" }));
    const share = async (rights: ("use" | "edit" | "delete")[], effect: "allow" | "deny" = "allow") =>
      must(
        await house.operations["shares.set"](ada, {
          object: { type: "secret", id: own.id },
          to: { kind: "person", id: bob.principal.id },
          rights,
          effect,
        }),
      );
    const names = async (context: RequestContext) =>
      must(await house.operations["secrets.list"](context, {})).map(({ name, ownerId }) => [name, ownerId]);
    /** What is lent to somebody for a host; the code where nothing is. */
    const lent = async (context: RequestContext, host = "api.example.com") => {
      const said = await house.vault.lendTo(context.principal.id, own.id, host, async (value) => value);
      return said.ok ? said.value : said.error.code;
    };
    return { house, ada, bob, eve, own, share, names, lent };
  };

  it("are known to nobody else, not to an admin nor to the owner of the house", async () => {
    const { house, ada, bob, eve, own, names, lent } = await begin();
    expect(own).toMatchObject({ name: "weather", ownerId: ada.principal.id });
    must(await house.operations["secrets.set"](house.context(), { ...wish, name: "house-key" }));
    expect(await names(ada)).toEqual([["weather", ada.principal.id]]);
    expect(await names(bob)).toEqual([]);
    for (const keeper of [eve, house.context()]) expect(await names(keeper)).toEqual([["house-key", null]]);
    for (const context of [bob, eve, house.context()]) {
      expect(codeOf(await house.operations["secrets.set"](context, { ...wish, value: "x", of: own.id }))).toBe(
        "SECRET_NOT_FOUND",
      );
      expect(codeOf(await house.operations["secrets.remove"](context, { name: "weather", of: own.id }))).toBe(
        "SECRET_NOT_FOUND",
      );
      expect(await lent(context)).toBe("SECRET_NOT_FOUND");
    }
    expect(await lent(ada)).toBe(VALUE);
    const records = JSON.stringify(must(await house.operations["audit.list"](eve, { limit: 100 })));
    expect(records).not.toMatch(/own-secret/);
    expect(records).toMatch(/"secret:set"/);
  });

  it("never stand in for one of the house's of the same name", async () => {
    const { house, ada } = await begin();
    const lend = () => house.vault.lend("weather", "api.example.com", async (value) => value);
    expect(await lend()).toMatchObject({ error: { code: "SECRET_NOT_FOUND" } });
    must(await house.operations["secrets.set"](house.context(), { ...wish, value: "the house's" }));
    expect(await lend()).toEqual(ok("the house's"));
    must(await house.operations["secrets.set"](ada, { ...wish, value: "another of Ada's", of: "me" }));
    expect(await lend()).toEqual(ok("the house's"));
  });

  it("are lent to whom they are shared with, for their hosts, until they are not", async () => {
    const { house, ada, bob, share, names, lent } = await begin();
    const { id: shareId } = await share(["use"]);
    expect(await names(bob)).toEqual([["weather", ada.principal.id]]);
    expect(JSON.stringify(must(await house.operations["secrets.list"](bob, {})))).not.toContain(VALUE);
    expect(await lent(bob)).toBe(VALUE);
    expect(await lent(bob, "evil.example")).toBe("SECRET_NOT_BOUND");
    const deny = await share(["use"], "deny");
    expect(await lent(bob)).toBe("SECRET_NOT_FOUND");
    must(await house.operations["shares.remove"](ada, { shareId: deny.id }));
    expect(await lent(bob)).toBe(VALUE);
    must(await house.operations["shares.remove"](ada, { shareId }));
    expect(await lent(bob)).toBe("SECRET_NOT_FOUND");
    await share(["use"]);
    must(await house.operations["people.change"](house.context(), { personId: ada.principal.id, state: "suspended" }));
    for (const context of [ada, bob]) expect(await lent(context)).toBe("SECRET_NOT_FOUND");
  });

  it("get a new value from whoever may edit them, and never more hosts nor a longer life", async () => {
    const { house, ada, bob, own, share, lent } = await begin();
    const { operations } = house;
    const change = (more: Partial<OperationInput<"secrets.set">>) =>
      operations["secrets.set"](bob, { ...wish, value: "new", ...more, of: own.id });
    await share(["use"]);
    expect(codeOf(await change({}))).toBe("RIGHT_MISSING");
    expect(codeOf(await operations["secrets.remove"](bob, { name: "weather", of: own.id }))).toBe("RIGHT_MISSING");
    await share(["use", "edit"]);
    expect(codeOf(await change({ hosts: ["api.example.com", "evil.example"] }))).toBe("ACCESS_DENIED");
    expect(codeOf(await change({ hosts: ["evil.example"] }))).toBe("ACCESS_DENIED");
    expect(codeOf(await change({ name: "other" }))).toBe("SECRET_NOT_FOUND");
    const [last] = must(await operations["audit.list"](bob, { limit: 1 }));
    expect(last).toMatchObject({ event: "own-secret:set-void", fields: { code: "ACCESS_DENIED", secretId: own.id } });
    expect(await lent(bob, "evil.example")).toBe("SECRET_NOT_BOUND");
    expect(await lent(ada)).toBe(VALUE);
    expect(must(await change({}))).toMatchObject({ ownerId: ada.principal.id, hosts: ["api.example.com"] });
    expect(await lent(ada)).toBe("new");
    const wider = { ...wish, hosts: ["api.example.com", "b.example"], of: own.id };
    expect(must(await operations["secrets.set"](ada, wider)).hosts).toEqual(["api.example.com", "b.example"]);
    const records = must(await operations["audit.list"](ada, { limit: 500 }));
    expect(records.filter(({ actor }) => actor === bob.principal.id)).toContainEqual(
      expect.objectContaining({ event: "own-secret:set" }),
    );
  });

  it("go with whoever leaves", async () => {
    const { house, ada, bob, share } = await begin();
    await share(["use"]);
    must(await house.operations["secrets.set"](house.context(), { ...wish, name: "house-key" }));
    must(await house.operations["people.remove"](house.context(), { personId: ada.principal.id }));
    expect(house.vault.secrets.list().map(({ name }) => name)).toEqual(["house-key"]);
    expect(must(await house.operations["secrets.list"](bob, {}))).toEqual([]);
  });

  it("go with their shares, by whoever may delete them", async () => {
    const { house, ada, bob, own, share, names } = await begin();
    await share(["use", "delete"]);
    must(await house.operations["secrets.remove"](bob, { name: "weather", of: own.id }));
    expect(await names(ada)).toEqual([]);
    expect(must(await house.operations["shares.list"](ada, {}))).toEqual([]);
    expect(codeOf(await house.operations["secrets.remove"](ada, { name: "weather", of: "me" }))).toBe(
      "SECRET_NOT_FOUND",
    );
  });

  it("are told to their owner when they are due, and the house's are its owner's alone to change", async () => {
    const { house, ada, eve } = await begin();
    for (const context of [ada, eve]) {
      const said = await house.operations["secrets.set"](context, wish);
      expect(said).toMatchObject({ error: { code: "ROLE_INSUFFICIENT", context: { required: "owner" } } });
      expect(codeOf(await house.operations["secrets.remove"](context, { name: "weather", of: "house" }))).toBe(
        "ROLE_INSUFFICIENT",
      );
    }
    const kept = must(await house.operations["secrets.set"](house.context(), wish));
    const byId = (context: RequestContext) =>
      house.operations["secrets.set"](context, { ...wish, value: "new", of: kept.id });
    expect(codeOf(await byId(ada))).toBe("SECRET_NOT_FOUND");
    expect(codeOf(await byId(eve))).toBe("ROLE_INSUFFICIENT");
    expect(must(await byId(house.context()))).toMatchObject({ id: kept.id, ownerId: null });
    expect(codeOf(await house.operations["secrets.remove"](house.context(), { name: "x", of: kept.id }))).toBe(
      "SECRET_NOT_FOUND",
    );
    must(await house.operations["secrets.remove"](house.context(), { name: "weather", of: kept.id }));
  });
});

describe("what is due", () => {
  const info = (name: string, more: Partial<SecretInfo>): SecretInfo => ({
    id: idOf(SecretId, name.length),
    name,
    kind: "other",
    hosts: ["a.example"],
    ownerId: null,
    createdAt: at(0),
    rotatedAt: at(0),
    expiresAt: null,
    rotateEveryDays: null,
    lastUsedAt: null,
    rotationDue: false,
    ...more,
  });
  const after = (days: number) => instantOf(millisecondsOf(at(0)) + days * DAY);
  const all = [
    info("never", {}),
    info("rotated", { rotateEveryDays: 30, ownerId: OWNER.id }),
    info("ends", { expiresAt: after(100) }),
  ];
  const names = (days: number) => dueSecrets({ list: () => all }, after(days)).map(({ name }) => name);

  it("is what its schedule says, and what ends within a week or has ended", () => {
    expect(names(29.9)).toEqual([]);
    expect(names(30)).toEqual(["rotated"]);
    expect(names(92.9)).toEqual(["rotated"]);
    expect(names(93)).toEqual(["rotated", "ends"]);
    expect(names(500)).toEqual(["rotated", "ends"]);
  });

  it("is told to its owner by name", () => {
    const told: unknown[] = [];
    const publish = (name: DomainEvent["name"], to: unknown, payload: unknown) => void told.push([name, to, payload]);
    expect(checkSecrets({ list: () => all }, { publish }, OWNER, after(95))).toBe(2);
    const to = { tenantId: OWNER.tenantId, audience: [OWNER.id] };
    expect(told).toEqual([
      ["secret:due", to, { name: "rotated" }],
      ["secret:due", to, { name: "ends" }],
    ]);
    expect(checkSecrets({ list: () => all }, { publish }, OWNER, after(1))).toBe(0);
  });
});
