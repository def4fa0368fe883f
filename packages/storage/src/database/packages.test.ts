import { PackageVersion } from "@moltbot/contracts";
import type { AccessScope } from "@moltbot/contracts";
import { sql } from "kysely";
import type { SqlBool } from "kysely";
import { describe, expect, it } from "vitest";
import { onEveryEngine } from "./testing/engines.ts";
import { openedDatabase } from "./testing/opened-database.ts";
import { OTHER_KEY, ROOMY, WEATHER, aPackage, aSigner, boxOf } from "./testing/package-attacks.ts";
import { twoHouses } from "./testing/two-houses.ts";
import { codeOf, later, must, scopeOf } from "./testing/world.ts";

onEveryEngine((engine) => {
  const { ada, bob, gus, eve, house, me, settle } = twoHouses();
  const weather = aPackage(ada);
  const notes = aPackage(ada, { kind: "skill", name: "notes" });
  const known = aSigner(ada);
  const place = openedDatabase(engine, async (store) => {
    await settle(store);
    must(await store.signers.put(house, known));
    for (const each of [weather, notes]) must(await store.packages.put(house, each));
  });
  const nowhere = { ...house, reach: "everything" as AccessScope["reach"] }; // it does not exist
  const away = scopeOf(eve, "tenant");

  describe("packages", () => {
    it("come back after a restart byte for byte, by kind and name", async () => {
      const whole = Uint8Array.from({ length: 70_000 }, (_, at) => at % 256);
      const changed = aPackage(ada, {
        archive: whole,
        waiting: whole.subarray(1),
        enabled: false,
        choices: { hosts: ["a.example:443"], secrets: { token: "mine" } },
      });
      must(await place.db.packages.put(house, changed));
      await place.reopen();
      expect(must(await place.db.packages.list(me))).toEqual([{ ...changed, waiting: whole.slice(1) }, notes]);
      expect(must(await place.db.packages.find(me, "skill", "notes"))).toEqual(notes);
    });

    it("are one of a kind and name: what is put again stands in its place", async () => {
      const newer = aPackage(ada, { version: PackageVersion.parse("1.1.0"), updatedAt: later(1) });
      must(await place.db.packages.put(house, newer));
      must(await place.db.packages.put(house, aPackage(ada, { kind: "skill", name: WEATHER })));
      expect(must(await place.db.packages.list(me)).map(({ kind, name }) => `${kind} ${name}`)).toEqual([
        "plugin weather",
        "skill notes",
        "skill weather",
      ]);
      expect(must(await place.db.packages.find(me, "plugin", WEATHER))).toEqual(newer);
    });

    it("are read by everybody of the house, changed by who keeps it, and seen by nobody of another", async () => {
      for (const who of [ada, bob, gus]) {
        expect(must(await place.db.packages.list(scopeOf(who)))).toEqual([weather, notes]);
        expect(codeOf(await place.db.packages.put(scopeOf(who), weather))).toBe("NOT_FOUND");
        expect(codeOf(await place.db.packages.remove(scopeOf(who), "plugin", WEATHER))).toBe("NOT_FOUND");
      }
      for (const scope of [scopeOf(eve), away, nowhere]) {
        expect(must(await place.db.packages.list(scope))).toEqual([]);
        expect(codeOf(await place.db.packages.find(scope, "plugin", WEATHER))).toBe("NOT_FOUND");
        expect(codeOf(await place.db.packages.put(scope, scope === nowhere ? weather : aPackage(ada)))).toBe(
          "NOT_FOUND",
        );
        expect(codeOf(await place.db.packages.remove(scope, "plugin", WEATHER))).toBe("NOT_FOUND");
      }
      // The same name at home is another package.
      must(await place.db.packages.put(away, aPackage(eve, { enabled: false })));
      must(await place.db.packages.remove(away, "plugin", WEATHER));
      expect(must(await place.db.packages.list(me))).toEqual([weather, notes]);
    });

    it("keep no other from being read where one cannot be opened any more, which is counted and goes by its name", async () => {
      const intruder = await engine.intruder(place.options);
      await intruder.ask("update packages set entry = archive where kind = 'plugin'");
      await intruder.close();
      await place.reopen();
      expect(must(await place.db.packages.list(me))).toEqual([notes]);
      expect(must(await place.db.packages.unreadable(me))).toBe(1);
      expect(must(await place.db.packages.unreadable(scopeOf(eve)))).toBe(0);
      must(await place.db.packages.remove(house, "plugin", WEATHER));
      expect(must(await place.db.packages.unreadable(me))).toBe(0);
    });

    it("go with everything that they kept for anybody, and with nothing else", async () => {
      must(await place.db.packages.put(away, aPackage(eve)));
      const boxes = [
        [me, boxOf(ada)],
        [me, boxOf()],
        [scopeOf(bob), boxOf(ada, bob)],
        [scopeOf(eve), boxOf(eve)],
      ] as const;
      for (const [scope, box] of boxes) must(await place.db.pluginItems.set(scope, box, "town", "Rome", ROOMY));
      expect(must(await place.db.packages.remove(house, "plugin", WEATHER))).toEqual({ items: 3 });
      expect(must(await place.db.packages.list(me))).toEqual([notes]);
      expect(codeOf(await place.db.packages.remove(house, "plugin", WEATHER))).toBe("NOT_FOUND");
      for (const [scope, box] of boxes)
        expect(must(await place.db.pluginItems.get(scope, box, "town"))).toBe(
          scope.tenantId === ada.tenantId ? null : "Rome",
        );
      const intruder = await engine.intruder(place.options);
      const rows = await intruder.everything();
      await intruder.close();
      expect(rows["plugin_items"]).toMatchObject([{ owner_id: eve.id }]);
    });

    it("go not at all where they go only in part", async () => {
      must(await place.db.pluginItems.set(me, boxOf(), "town", "Rome", ROOMY));
      const undone = await place.db.atomically(async ({ packages }) => {
        must(await packages.remove(house, "plugin", WEATHER));
        return packages.find(house, "plugin", "none");
      });
      expect(codeOf(undone)).toBe("NOT_FOUND");
      expect(must(await place.db.pluginItems.get(me, boxOf(), "town"))).toBe("Rome");
      expect(must(await place.db.packages.list(me))).toHaveLength(2);
    });

    it("open nothing of another row: who has the engine's files puts no package in the place of another", async () => {
      const intruder = await engine.intruder(place.options);
      const macs = await intruder.ask("select package_mac from packages where kind = 'skill'");
      const mac = String(macs[0]?.["package_mac"]);
      for (const column of ["archive", "entry"])
        await intruder.ask(
          `update packages set ${column} = (select other.${column} from packages as other where other.package_mac = '${mac}') where kind = 'plugin'`,
        );
      await intruder.close();
      expect(codeOf(await place.db.packages.find(me, "plugin", WEATHER))).toBe("CONTENT_UNREADABLE");
      expect(must(await place.db.packages.find(me, "skill", "notes"))).toEqual(notes);
    });
  });

  describe("signers", () => {
    it("come back after a restart, the first trusted first, and one is put in the place of itself", async () => {
      const other = aSigner(ada, { key: OTHER_KEY, name: "Me", own: true, trustedAt: later(1) });
      must(await place.db.signers.put(house, other));
      must(await place.db.signers.put(house, { ...known, name: "Another word for them" }));
      await place.reopen();
      expect(must(await place.db.signers.list(me))).toEqual([{ ...known, name: "Another word for them" }, other]);
      expect(must(await place.db.signers.find(me, OTHER_KEY))).toEqual(other);
      must(await place.db.signers.remove(house, OTHER_KEY));
      expect(codeOf(await place.db.signers.find(me, OTHER_KEY))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.signers.remove(house, OTHER_KEY))).toBe("NOT_FOUND");
    });

    it("are read by everybody of the house, changed by who keeps it, and seen by nobody of another", async () => {
      for (const who of [ada, bob]) {
        expect(must(await place.db.signers.list(scopeOf(who)))).toEqual([known]);
        expect(codeOf(await place.db.signers.put(scopeOf(who), aSigner(ada, { own: true })))).toBe("NOT_FOUND");
        expect(codeOf(await place.db.signers.remove(scopeOf(who), known.key))).toBe("NOT_FOUND");
      }
      for (const scope of [scopeOf(eve), away, nowhere]) {
        expect(must(await place.db.signers.list(scope))).toEqual([]);
        expect(codeOf(await place.db.signers.find(scope, known.key))).toBe("NOT_FOUND");
        expect(codeOf(await place.db.signers.put(scope, aSigner(ada, { own: true })))).toBe("NOT_FOUND");
        expect(codeOf(await place.db.signers.remove(scope, known.key))).toBe("NOT_FOUND");
      }
      expect(must(await place.db.signers.list(me))).toEqual([known]);
    });

    it("are trusted by nobody whose row was only written into the engine's files", async () => {
      const intruder = await engine.intruder(place.options);
      await intruder.ask(
        `insert into signers (tenant_id, key, entry, trusted_at, trusted_by) select tenant_id, '${OTHER_KEY}', entry, trusted_at, trusted_by from signers`,
      );
      await intruder.close();
      expect(codeOf(await place.db.signers.find(me, OTHER_KEY))).toBe("CONTENT_UNREADABLE");
      expect(codeOf(await place.db.signers.list(me))).toBe("CONTENT_UNREADABLE");
    });
  });

  it("unplug: without the scope predicate another house reads what is installed here, and whom it trusts", async () => {
    const store = await place.beside({ visibility: () => sql<SqlBool>`(1 = 1)` });
    expect(must(await store.packages.list(scopeOf(eve)))).toHaveLength(2);
    expect(must(await store.signers.list(scopeOf(eve)))).toHaveLength(1);
    await store.close();
  });
});
