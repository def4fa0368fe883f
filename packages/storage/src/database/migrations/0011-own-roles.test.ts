import { afterAll, describe, expect, it } from "vitest";
import { MIGRATIONS } from "../migrate.ts";
import { onEveryEngine } from "../testing/engines.ts";
import { insertOldRows } from "../testing/old-rows.ts";
import { aPersonOf, aRole } from "../testing/people-attacks.ts";
import { AT, memorySealer, must, openTest, person, removeFolders, scopeOf } from "../testing/world.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  describe("a database of version 10", () => {
    it("has everybody with all that their role may, and takes roles of the house's own from then on", async () => {
      const ada = person();
      const bob = { ...person(ada.tenantId), name: "Bob" };
      const sealer = memorySealer();
      const options = engine.options({ sealer });
      await (await openTest(options, { migrations: MIGRATIONS.slice(0, 10) })).close();
      const intruder = await engine.intruder(options);
      await insertOldRows(
        intruder,
        engine.engine,
        [ada, bob].map(({ id, name, role }, at) => ({
          table: "principals",
          values: {
            id,
            tenant_id: ada.tenantId,
            owner_id: id,
            audience: "[]",
            ordinal: at + 1,
            kind: "person",
            entry: must(sealer.seal([`person:${id}`], `principals/${id}`, JSON.stringify({ name }))),
            role: at === 0 ? "owner" : role,
            state: "active",
            created_at: AT,
          },
        })),
      );
      await intruder.close();
      const db = await openTest(options);
      const house = scopeOf(ada, "tenant");
      expect(must(await db.people.list(house))).toEqual([aPersonOf(ada, { role: "owner" }), aPersonOf(bob)]);
      expect(must(await db.roles.list(house))).toEqual([]);
      const role = aRole();
      must(await db.roles.create(house, role));
      const member = { role: "member", ownRole: null, state: "active" } as const;
      expect(must(await db.people.change(house, bob.id, member, { ...member, ownRole: role.id })).ownRole).toBe(
        role.id,
      );
      await db.close();
    });
  });
});
