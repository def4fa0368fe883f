import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PrincipalId, SecretId, ok } from "@moltbot/contracts";
import type { Instant, SecretInfo } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { must, openCheaply, testOptions } from "./testing/open-test-vault.ts";
import { testSecrets } from "./testing/open-test-secrets.ts";
import type { OpenSecrets, SecretWish, UseOfSecret } from "./secrets.ts";

const DAY = 86_400_000;
const [ADA, BOB, EVE] = [1, 2, 3].map((n) =>
  PrincipalId.parse(`01930000-0000-7000-8000-00000000000${String(n)}`),
) as unknown as readonly [PrincipalId, PrincipalId, PrincipalId]; // there are three
const NOTHING = SecretId.parse("01930000-0000-7000-8000-000000000009");
const HOST = "api.example.com";

const wish = (ownerId: PrincipalId | null, value: string, more: Partial<SecretWish> = {}): SecretWish => ({
  name: "weather",
  value,
  hosts: [HOST],
  ownerId,
  ...more,
});
/** Owners may, and whoever is named. */
const ownersAnd =
  (...people: readonly PrincipalId[]): UseOfSecret =>
  async (person, { ownerId }) =>
    person === ownerId || people.includes(person);

/** One name thrice: the house's, Ada's and Bob's. */
const withThree = async (mayUse: UseOfSecret | null = ownersAnd()) => {
  const bench = testSecrets();
  const secrets = await bench.opened();
  if (mayUse !== null) secrets.keeper.decideBy(mayUse);
  const house = must(await secrets.keeper.set(wish(null, "of the house")));
  const ada = must(await secrets.keeper.set(wish(ADA, "of Ada")));
  const bob = must(await secrets.keeper.set(wish(BOB, "of Bob")));
  /** What reaches the wire when this person asks for that secret, and the code of what was said. */
  const lent = async (person: PrincipalId, { id }: Pick<SecretInfo, "id">, host = HOST) => {
    const sent: string[] = [];
    const result = await secrets.lendTo(person, id, host, async (value) => void sent.push(value));
    return { code: result.ok ? "ok" : result.error.code, sent };
  };
  return { ...bench, secrets, house, ada, bob, lent };
};
const nothing = { code: "SECRET_NOT_FOUND", sent: [] };

describe("secrets of one name", () => {
  it("are one for each owner, and each has an id of its own that a new value keeps", async () => {
    const { secrets, house, ada, bob, opened } = await withThree();
    expect(new Set([house, ada, bob].map(({ id }) => id)).size).toBe(3);
    const again = must(await secrets.keeper.set(wish(ADA, "of Ada, newly")));
    expect(again.id).toBe(ada.id);
    expect(secrets.keeper.list()).toHaveLength(3);
    expect(secrets.keeper.named(BOB, "weather")).toEqual(bob);
    expect(secrets.keeper.named(EVE, "weather")).toBeNull();
    expect(secrets.keeper.find(house.id)).toEqual(house);
    expect(secrets.keeper.find(NOTHING)).toBeNull();
    await secrets.close();
    const reopened = await opened();
    expect(reopened.keeper.list().map(({ id, ownerId }) => [id, ownerId])).toEqual(
      [house, ada, bob].toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, ownerId }) => [id, ownerId]),
    );
  });

  it("are lent for the house from the house's alone, also when only a person has one of that name", async () => {
    const { secrets, house } = await withThree();
    const forHouse = async () => secrets.lend("weather", HOST, async (value) => value);
    expect(await forHouse()).toEqual(ok("of the house"));
    must(await secrets.keeper.remove(house.id));
    expect(await forHouse()).toMatchObject({ ok: false, error: { code: "SECRET_NOT_FOUND" } });
    // A person's own, bound to wherever they like, never takes the place of the one that models and settings name.
    must(await secrets.keeper.set(wish(EVE, "of Eve", { hosts: [HOST, "evil.example"] })));
    expect(await forHouse()).toMatchObject({ ok: false, error: { code: "SECRET_NOT_FOUND" } });
  });
});

describe("one owner's secrets", () => {
  it("are at most two hundred, and nobody's number keeps another from theirs", async () => {
    const { secrets } = await withThree();
    for (let n = 1; n < 200; n += 1) must(await secrets.keeper.set(wish(ADA, "v", { name: `n${String(n)}` })));
    const refused = { ok: false, error: { code: "REQUEST_INVALID", context: { path: "name" } } };
    expect(await secrets.keeper.set(wish(ADA, "v", { name: "more" }))).toMatchObject(refused);
    expect(await secrets.keeper.set(wish(ADA, "new", { name: "n1" }))).toMatchObject({ ok: true });
    expect(await secrets.keeper.set(wish(BOB, "v", { name: "more" }))).toMatchObject({ ok: true });
    expect(await secrets.keeper.set(wish(null, "v", { name: "more" }))).toMatchObject({ ok: true });
  });
});

describe("a person's own secret", () => {
  it("is lent to them and to nobody else, for its hosts alone, and nobody can tell what is there", async () => {
    const { lent, ada, bob } = await withThree();
    expect(await lent(ADA, ada)).toEqual({ code: "ok", sent: ["of Ada"] });
    expect(await lent(ADA, ada, "evil.example")).toEqual({ code: "SECRET_NOT_BOUND", sent: [] });
    for (const person of [BOB, EVE]) expect(await lent(person, ada)).toEqual(nothing);
    expect(await lent(ADA, bob)).toEqual(nothing);
    expect(await lent(ADA, { id: NOTHING })).toEqual(nothing);
  });

  it("tells who may not use it neither its name nor that it exists", async () => {
    const { secrets, ada } = await withThree();
    const said = async (id: SecretId) => {
      const result = await secrets.lendTo(EVE, id, HOST, async () => 1);
      return JSON.stringify(result).replaceAll(id, "ID");
    };
    expect(await said(ada.id)).toBe(await said(NOTHING));
    expect(await said(ada.id)).not.toContain("weather");
  });

  it("is lent to whom the records let use it, as they are at that moment", async () => {
    const friends = new Set<PrincipalId>();
    const asked: unknown[] = [];
    const { lent, ada, house } = await withThree(async (person, secret) => {
      asked.push([person, secret]);
      return person === secret.ownerId || friends.has(person);
    });
    expect(await lent(BOB, ada)).toEqual(nothing);
    friends.add(BOB);
    expect(await lent(BOB, ada)).toEqual({ code: "ok", sent: ["of Ada"] });
    friends.clear();
    expect(await lent(BOB, ada)).toEqual(nothing);
    expect(asked).toEqual([1, 2, 3].map(() => [BOB, { id: ada.id, ownerId: ADA }]));
    // What is the house's is nobody's to be lent, whatever the records say.
    friends.add(BOB);
    expect(await lent(BOB, house)).toEqual(nothing);
    expect(asked).toHaveLength(3);
  });

  it("is lent to nobody, its owner neither, while nobody said who may, or the records cannot be asked", async () => {
    for (const mayUse of [null, () => Promise.reject(new Error("no database"))]) {
      const { lent, ada } = await withThree(mayUse);
      expect(await lent(ADA, ada)).toEqual(nothing);
    }
  });

  it("is lent by one rule, which nobody replaces later", async () => {
    const { secrets, lent, ada } = await withThree();
    expect(() => secrets.keeper.decideBy(async () => true)).toThrow("said before");
    expect(await lent(EVE, ada)).toEqual(nothing);
  });

  it("is not lent once everything is stopped, it was removed or the vault was closed, also while the records are asked", async () => {
    let meanwhile = async (): Promise<unknown> => undefined;
    const { secrets, lent, ada, bob } = await withThree(async () => {
      await meanwhile();
      return true;
    });
    meanwhile = async () => secrets.keeper.stopLending();
    expect(await lent(ADA, ada)).toEqual({ code: "VAULT_LOCKED", sent: [] });
    meanwhile = async () => undefined;
    expect(await lent(ADA, ada)).toEqual({ code: "VAULT_LOCKED", sent: [] });
    secrets.keeper.resumeLending();
    meanwhile = async () => secrets.keeper.remove(ada.id);
    expect(await lent(ADA, ada)).toEqual(nothing);
    meanwhile = async () => secrets.close();
    expect(await lent(BOB, bob)).toEqual({ code: "VAULT_LOCKED", sent: [] });
  });

  it("expires and is noted as used like the house's", async () => {
    const { secrets, lent, pass, at } = await withThree();
    const short = must(await secrets.keeper.set(wish(ADA, "short", { name: "short", expiresAt: at(DAY) })));
    expect((await lent(ADA, short)).code).toBe("ok");
    expect(secrets.keeper.find(short.id)?.lastUsedAt).toBe(at(0));
    pass(DAY);
    expect(await lent(ADA, short)).toEqual({ code: "SECRET_EXPIRED", sent: [] });
  });
});

describe("a new value by an id", () => {
  const change = (value: string, more: Partial<Omit<SecretWish, "name" | "ownerId">> = {}) => ({
    value,
    hosts: [HOST],
    ...more,
  });

  it("takes the old one's place and key; name, owner and id stay", async () => {
    const { secrets, ada, lent, gone } = await withThree();
    const replaced = must(await secrets.keeper.replace(ada.id, change("newly"), false));
    expect(replaced).toMatchObject({ id: ada.id, name: "weather", ownerId: ADA });
    expect(await lent(ADA, ada)).toEqual({ code: "ok", sent: ["newly"] });
    expect(gone.size).toBe(1);
    expect(await secrets.keeper.replace(NOTHING, change("x"), true)).toMatchObject({
      ok: false,
      error: { code: "SECRET_NOT_FOUND" },
    });
  });

  it.each<readonly [string, Parameters<typeof change>[1], string]>([
    ["another host", { hosts: [HOST, "evil.example"] }, "add a host to"],
    ["another host in its place", { hosts: ["evil.example"] }, "add a host to"],
    ["the same host with a port", { hosts: [`${HOST}:8443`] }, "add a host to"],
    ["a later end", { expiresAt: "2027-06-01T00:00:00.000Z" as Instant }, "prolong"], // in this form
    ["no end", { expiresAt: null }, "prolong"],
    ["another header", { header: "X-Debug" }, "change the header of"],
  ])("by who only may edit it is refused with %s, and makes no key; its owner may", async (_what, more, right) => {
    const { secrets, lent, keys, at } = await withThree();
    const ends = must(await secrets.keeper.set(wish(ADA, "v", { name: "ends", expiresAt: at(90 * DAY) })));
    const before = keys.size;
    expect(await secrets.keeper.replace(ends.id, change("stolen", more), false)).toMatchObject({
      ok: false,
      error: { code: "ACCESS_DENIED", context: { right, kind: "secret" } },
    });
    expect(keys.size).toBe(before);
    expect(secrets.keeper.find(ends.id)).toEqual(ends);
    expect(await lent(ADA, ends)).toEqual({ code: "ok", sent: ["v"] });
    expect(await lent(ADA, ends, "evil.example")).toEqual({ code: "SECRET_NOT_BOUND", sent: [] });
    expect((await secrets.keeper.replace(ends.id, change("mine", more), true)).ok).toBe(true);
  });

  it("by who only may edit it goes to fewer hosts and ends sooner, in any case of the host", async () => {
    const { secrets, at } = await withThree();
    const wide = must(await secrets.keeper.set(wish(ADA, "v", { name: "wide", hosts: [HOST, "b.example"] })));
    const narrow = change("new", { hosts: ["B.Example"], expiresAt: at(DAY) });
    expect(must(await secrets.keeper.replace(wide.id, narrow, false))).toMatchObject({
      hosts: ["b.example"],
      expiresAt: at(DAY),
    });
    const sooner = change("newer", { hosts: ["b.example"], expiresAt: at(DAY / 2) });
    expect(must(await secrets.keeper.replace(wide.id, sooner, false)).expiresAt).toBe(at(DAY / 2));
    expect((await secrets.keeper.replace(wide.id, change("x", { hosts: [HOST] }), false)).ok).toBe(false);
  });
});

describe("the secrets of somebody who leaves", () => {
  it("go with their keys, from a copy of the file too, and nobody else's do", async () => {
    const { secrets, ada, bob, house, lent, gone, directory, opened } = await withThree();
    must(await secrets.keeper.set(wish(ADA, "second", { name: "second" })));
    const file = join(directory, "secrets.json");
    await secrets.close();
    const copy = readFileSync(file);
    const again = await opened();
    again.keeper.decideBy(async () => true);
    expect(must(await again.keeper.removeAllOf(ADA))).toBe(2);
    expect(gone.size).toBe(2);
    expect(
      again.keeper
        .list()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual([house.id, bob.id].toSorted());
    expect(must(await again.keeper.removeAllOf(ADA))).toBe(0);
    await again.close();
    writeFileSync(file, copy);
    const restored = await opened();
    restored.keeper.decideBy(async () => true);
    const open = async (id: SecretId) => restored.lendTo(ADA, id, HOST, async (value) => value);
    expect(await open(ada.id)).toMatchObject({ ok: false, error: { code: "CONTENT_UNREADABLE" } });
    expect(await open(bob.id)).toEqual(ok("of Bob"));
    expect(await lent(ADA, ada)).toMatchObject({ code: "VAULT_LOCKED" });
  });

  it("cannot be removed from a closed vault", async () => {
    const { secrets } = await withThree();
    await secrets.close();
    expect(await secrets.keeper.removeAllOf(ADA)).toMatchObject({ ok: false, error: { code: "VAULT_LOCKED" } });
  });
});

describe("the open vault", () => {
  it("lends a person's own to whom the records let, and the house's by name", async () => {
    const vault = must(await openCheaply(testOptions()));
    const mine = must(await vault.secrets.set(wish(ADA, "of Ada")));
    must(await vault.secrets.set(wish(null, "of the house")));
    const lend = async () => vault.lendTo(ADA, mine.id, HOST, async (value) => value);
    expect((await lend()).ok).toBe(false);
    vault.secrets.decideBy(ownersAnd());
    expect(await lend()).toEqual(ok("of Ada"));
    expect(await vault.lend("weather", HOST, async (value) => value)).toEqual(ok("of the house"));
    await vault.close();
    expect((await lend()).ok).toBe(false);
  });
});

describe("unplug", () => {
  const stolen = async (open: () => Promise<OpenSecrets>, mayUse: UseOfSecret): Promise<readonly string[]> => {
    const secrets = await open();
    secrets.keeper.decideBy(mayUse);
    const sent: string[] = [];
    const { id } = must(await secrets.keeper.set(wish(ADA, "of Ada")));
    await secrets.lendTo(EVE, id, HOST, async (value) => void sent.push(value));
    return sent;
  };

  it("the records: with a rule that asks nobody, a stranger sends with Ada's secret", async () => {
    expect(await stolen(testSecrets().opened, ownersAnd())).toEqual([]);
    expect(await stolen(testSecrets().opened, async () => true)).toEqual(["of Ada"]);
  });

  it("the check of hosts by who only may edit: as if they owned it, the next value leaves for their own host", async () => {
    const sentTo = async (widens: boolean): Promise<readonly string[]> => {
      const { secrets, ada } = await withThree();
      await secrets.keeper.replace(ada.id, { value: "of Ada", hosts: [HOST, "evil.example"] }, widens);
      const sent: string[] = [];
      await secrets.lendTo(ADA, ada.id, "evil.example", async (value) => void sent.push(value));
      return sent;
    };
    expect(await sentTo(false)).toEqual([]);
    expect(await sentTo(true)).toEqual(["of Ada"]);
  });
});
