import type { Principal } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { MIGRATIONS } from "../migrate.ts";
import { onEveryEngine } from "../testing/engines.ts";
import { insertOldRows } from "../testing/old-rows.ts";
import type { OldRow } from "../testing/old-rows.ts";
import { AT, anAgent, codeOf, memorySealer, must, openTest, person, removeFolders, scopeOf } from "../testing/world.ts";
import { aPersonOf, aShare, toPerson } from "../testing/people-attacks.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  describe("a database of version 7", () => {
    const ada = person();
    const [bob, gone] = [person(ada.tenantId), person(ada.tenantId)];
    const agent = anAgent(ada);

    /** As version 7 left it: an account, one that should not have been there too, one that was erased, and an agent. */
    const old = async () => {
      const sealer = memorySealer();
      const options = engine.options({ sealer });
      await (await openTest(options, { migrations: MIGRATIONS.slice(0, 7) })).close();
      const owned = { tenant_id: ada.tenantId, audience: "[]" };
      const seal = (id: string, record: string, value: unknown): Uint8Array =>
        must(sealer.seal([`person:${id}`], record, JSON.stringify(value)));
      const account = ({ id, name }: Principal, ordinal: number, role: string): OldRow => ({
        table: "principals",
        values: {
          ...owned,
          id,
          owner_id: id,
          ordinal,
          kind: "person",
          entry: name === "" ? new Uint8Array(0) : seal(id, `principals/${id}`, { name }),
          role,
          created_at: AT,
        },
      });
      const intruder = await engine.intruder(options);
      await insertOldRows(intruder, engine.engine, [
        account(ada, 1, "owner"),
        account(bob, 2, "owner"),
        account({ ...gone, name: "" }, 3, "viewer"),
        {
          table: "agents",
          values: {
            ...owned,
            id: agent.id,
            owner_id: ada.id,
            entry: seal(ada.id, `agents/${agent.id}`, {
              name: agent.name,
              model: agent.model,
              capabilities: agent.capabilities,
            }),
            reading: agent.reading,
            created_at: AT,
          },
        },
      ]);
      await intruder.close();
      return options;
    };

    it("has everybody active in it, whoever was erased gone, and one owner: the first", async () => {
      const db = await openTest(await old());
      expect(must(await db.people.list(scopeOf(ada)))).toEqual([
        aPersonOf(ada),
        aPersonOf(bob, { role: "admin" }),
        { id: gone.id, name: "", role: "viewer", ownRole: null, state: "left", createdAt: AT },
      ]);
      expect(must(await db.identity.owner())?.id).toBe(ada.id);
      const second = aPersonOf(person(ada.tenantId), { role: "owner" });
      expect(codeOf(await db.people.create(scopeOf(ada, "tenant"), second))).toBe("CONFLICT");
      await db.close();
    });

    it("has every agent for its owner alone, until it is shared", async () => {
      const db = await openTest(await old());
      expect(must(await db.agents.list(scopeOf(ada)))).toEqual([agent]);
      expect(must(await db.agents.list(scopeOf(bob)))).toEqual([]);
      must(await db.shares.set(scopeOf(ada), aShare(agent, toPerson(bob))));
      expect(must(await db.agents.list(scopeOf(bob)))).toEqual([agent]);
      expect(must(await db.agents.list(scopeOf(gone)))).toEqual([]);
      await db.close();
    });
  });
});
