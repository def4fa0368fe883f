import { PluginName } from "@moltbot/contracts";
import type { AccessScope, JsonValue } from "@moltbot/contracts";
import { sql } from "kysely";
import type { SqlBool } from "kysely";
import { describe, expect, it } from "vitest";
import { onEveryEngine, onPostgres } from "./testing/engines.ts";
import { openedDatabase } from "./testing/opened-database.ts";
import { ROOMY, WEATHER, aPackage, boxOf } from "./testing/package-attacks.ts";
import { twoHouses } from "./testing/two-houses.ts";
import { codeOf, must, openTest, scopeOf } from "./testing/world.ts";

const { ada, bob, eve, house, me, settle, standAs } = twoHouses();
const ours = boxOf(ada);

onEveryEngine((engine) => {
  const place = openedDatabase(engine, async (store) => {
    await settle(store);
    must(await store.packages.put(house, aPackage(ada)));
    must(await store.packages.put(house, aPackage(ada, { name: "rss" })));
  });
  const set = async (key: string, value: JsonValue, most = ROOMY, box = ours, scope = me) =>
    codeOf(await place.db.pluginItems.set(scope, box, key, value, most));
  const get = async (key: string, box = ours, scope = me) => must(await place.db.pluginItems.get(scope, box, key));
  const keys = async (prefix = "", box = ours, scope = me) => must(await place.db.pluginItems.keys(scope, box, prefix));

  describe("what a plugin keeps", () => {
    it("comes back after a restart as it was, until it is replaced or removed", async () => {
      const values: Readonly<Record<string, JsonValue>> = {
        town: { name: "Röm", at: [41.9, 12.5], seen: null },
        "": "an empty key",
        "a\u0000b": false,
        "\ud800": "half a character",
        "\ud801": "another half",
        ["__proto__"]: "no prototype",
      };
      for (const [key, value] of Object.entries(values)) expect(await set(key, value)).toBe("ok");
      await place.reopen();
      for (const [key, value] of Object.entries(values)) expect(await get(key)).toEqual(value);
      expect(await keys()).toEqual(Object.keys(values).toSorted());
      expect(await set("town", "Oslo")).toBe("ok");
      expect(await get("town")).toBe("Oslo");
      must(await place.db.pluginItems.remove(me, ours, "town"));
      must(await place.db.pluginItems.remove(me, ours, "town"));
      expect(await get("town")).toBeNull();
    });

    it("is found by how its keys begin, letter for letter", async () => {
      for (const key of ["b/2", "b/1", "a", "B/1", "b%", "b_"]) expect(await set(key, 1)).toBe("ok");
      expect(await keys("b/")).toEqual(["b/1", "b/2"]);
      expect(await keys("b%")).toEqual(["b%"]);
      expect(await keys("c")).toEqual([]);
    });

    it("belongs to one plugin, one person and one set of readers", async () => {
      const rss = { ...ours, plugin: PluginName.parse("rss") };
      const boxes = [
        [me, ours],
        [me, rss],
        [me, boxOf(ada, bob)],
        [me, boxOf()],
        [scopeOf(bob), boxOf(ada, bob)],
      ] as const;
      for (const [at, [scope, box]] of boxes.entries()) expect(await set("key", at, ROOMY, box, scope)).toBe("ok");
      for (const [at, [scope, box]] of boxes.entries()) expect(await get("key", box, scope)).toBe(at);
      expect(await get("key", boxOf(bob), scopeOf(bob))).toBeNull();
      const listed = must(await place.db.pluginItems.ofPerson(me));
      expect(listed).toHaveLength(4);
      expect(listed).toContainEqual({ ...boxOf(ada, bob), key: "key", value: 2 });
      expect(must(await place.db.pluginItems.ofPerson(scopeOf(bob)))).toHaveLength(1);
      // Who keeps the house sees no more of it than their own.
      expect(must(await place.db.pluginItems.ofPerson(scopeOf(bob, "tenant")))).toHaveLength(1);
      expect(must(await place.db.pluginItems.ofPerson(scopeOf(eve, "system")))).toEqual([]);
      must(await place.db.pluginItems.remove(scopeOf(bob), boxOf(ada, bob), "key"));
      expect(await get("key", boxOf(ada, bob))).toBe(2);
    });

    it("is kept for nobody by a plugin that is not installed, or not any more", async () => {
      expect(await set("key", 1)).toBe("ok");
      must(await place.db.packages.remove(house, "plugin", WEATHER));
      expect(await set("late", 1)).toBe("NOT_FOUND");
      // Nor by one of another house, or for somebody of one.
      must(await place.db.packages.put(scopeOf(eve, "tenant"), aPackage(eve)));
      expect(await set("late", 1)).toBe("NOT_FOUND");
      expect(await set("late", 1, ROOMY, ours, { ...scopeOf(eve), principalId: ada.id })).toBe("NOT_FOUND");
      must(await place.db.packages.put(house, aPackage(ada)));
      expect(await keys()).toEqual([]);
    });

    it("goes with who leaves the house, and nobody else's does", async () => {
      for (const scope of [me, scopeOf(bob)]) expect(await set("key", 1, ROOMY, boxOf(), scope)).toBe("ok");
      await standAs(place.db, bob, "suspended");
      expect(await get("key", boxOf(), scopeOf(bob))).toBe(1);
      await standAs(place.db, bob, "left");
      expect(await get("key", boxOf(), scopeOf(bob))).toBeNull();
      expect(await get("key", boxOf())).toBe(1);
    });

    it("opens in no other place: who has the engine's files moves nothing between people, readers and keys", async () => {
      expect(await set("amount", 1)).toBe("ok");
      expect(await set("limit", 1_000_000)).toBe("ok");
      const intruder = await engine.intruder(place.options);
      const rows = await intruder.ask("select key_mac from plugin_items order by key_mac");
      const [one, other] = rows.map((row) => String(row["key_mac"]));
      await intruder.ask(
        `update plugin_items set entry = (select p.entry from plugin_items as p where p.key_mac = '${String(other)}') where key_mac = '${String(one)}'`,
      );
      await intruder.close();
      const codes = [
        codeOf(await place.db.pluginItems.get(me, ours, "amount")),
        codeOf(await place.db.pluginItems.get(me, ours, "limit")),
      ];
      expect(codes.toSorted()).toEqual(["CONTENT_UNREADABLE", "ok"]);
      place.sealer.erase(`person:${ada.id}`);
      expect(codeOf(await place.db.pluginItems.get(me, ours, "limit"))).toBe("CONTENT_UNREADABLE");
    });
  });

  describe("the budget of a box", () => {
    it("counts keys and JSON texts in bytes, to the byte", async () => {
      // k + "ä" in quotes: one and four bytes.
      expect(await set("k", "ä", 4)).toBe("BUDGET_EXHAUSTED");
      expect(await set("k", "ä", 5)).toBe("ok");
      expect(await set("ß", 1, 7)).toBe("BUDGET_EXHAUSTED");
      expect(await get("ß")).toBeNull();
      expect(await set("ß", 1, 8)).toBe("ok");
      // What is replaced does not count twice, and a refusal leaves it as it was.
      expect(await set("k", "äb", 8)).toBe("BUDGET_EXHAUSTED");
      expect(await get("k")).toBe("ä");
      expect(await set("k", "bb", 8)).toBe("ok");
      must(await place.db.pluginItems.remove(me, ours, "ß"));
      expect(await set("k", "bbbbb", 8)).toBe("ok");
      const refused = await place.db.pluginItems.set(me, ours, "more", 1, 8);
      expect(refused).toMatchObject({ ok: false, error: { context: { limit: 8 } } });
    });

    it("is one box's: neither other readers nor other people use it up", async () => {
      for (const [box, scope] of [
        [ours, me],
        [boxOf(), me],
        [boxOf(), scopeOf(bob)],
      ] as const)
        expect(await set("k", 1, 2, box, scope)).toBe("ok");
    });

    it("holds when many write at once", async () => {
      const codes = await Promise.all(Array.from({ length: 30 }, (_, at) => set(String(at).padStart(2, "0"), 1, 30)));
      expect(codes.filter((code) => code === "ok")).toHaveLength(10);
      expect(await keys()).toHaveLength(10);
    });

    it("is also one of keys, so that finding some never takes long", async () => {
      must(
        await place.db.atomically(async ({ pluginItems }) => {
          for (let at = 0; at < 1_000; at += 1) must(await pluginItems.set(me, ours, String(at), 1, 1_000_000));
          return { ok: true, value: undefined };
        }),
      );
      const refused = await place.db.pluginItems.set(me, ours, "more", 1, 1_000_000);
      expect(refused).toMatchObject({ ok: false, error: { code: "BUDGET_EXHAUSTED", context: { limit: 1_000 } } });
      expect(await set("7", 2, 1_000_000)).toBe("ok");
      expect(await keys()).toHaveLength(1_000);
    });
  });

  it("unplug: without the scope predicate an id of this house reads its box from another one", async () => {
    const everything = { visibility: () => sql<SqlBool>`(1 = 1)` };
    const store = await place.beside(everything);
    must(await store.pluginItems.set(me, ours, "town", "Rome", ROOMY));
    const mixed: AccessScope = { tenantId: eve.tenantId, principalId: ada.id, reach: "own" };
    expect(must(await store.pluginItems.get(mixed, ours, "town"))).toBe("Rome");
    await store.close();
    expect(await set("town", "Rome")).toBe("ok");
    expect(await get("town", ours, mixed)).toBeNull();
  });
});

onPostgres((engine) => {
  it("holds a box's budget between two processes that write at once", async () => {
    const options = engine.options();
    const [one, other] = [await openTest(options), await openTest(options)];
    await settle(one);
    must(await one.packages.put(house, aPackage(ada)));
    const codes = await Promise.all(
      Array.from({ length: 40 }, async (_, at) =>
        codeOf(await (at % 2 === 0 ? one : other).pluginItems.set(me, ours, String(at).padStart(2, "0"), 1, 30)),
      ),
    );
    expect(codes.filter((code) => code === "ok")).toHaveLength(10);
    expect(must(await other.pluginItems.keys(me, ours, ""))).toHaveLength(10);
    await Promise.all([one.close(), other.close()]);
  });
});
