import { ShareId, SecretId } from "@moltbot/contracts";
import type { Share } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { MIGRATIONS } from "../migrate.ts";
import { onEveryEngine } from "../testing/engines.ts";
import { insertOldRows } from "../testing/old-rows.ts";
import type { OldRow } from "../testing/old-rows.ts";
import { aShare, toPerson } from "../testing/people-attacks.ts";
import { aPrompt, aShareOf, promptObject, talkObject } from "../testing/shared-attacks.ts";
import {
  AT,
  aConversation,
  aMessage,
  anAgent,
  codeOf,
  memorySealer,
  must,
  next,
  openTest,
  person,
  removeFolders,
  scopeOf,
} from "../testing/world.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  describe("a database of version 10", () => {
    const ada = person();
    const bob = person(ada.tenantId);
    const me = scopeOf(ada);
    const agent = anAgent(ada);
    const kept: readonly Share[] = [
      aShare(agent, toPerson(bob), { rights: ["use", "edit"] }),
      aShare(agent, { kind: "everyone" }, { effect: "deny", rights: ["delete"] }),
    ];

    /** As version 10 left it: two people, an agent, and an agent's shares. */
    const old = async () => {
      const sealer = memorySealer();
      const options = engine.options({ sealer });
      await (await openTest(options, { migrations: MIGRATIONS.slice(0, 10) })).close();
      const owned = { tenant_id: ada.tenantId, owner_id: ada.id, audience: "[]" };
      const seal = (id: string, record: string, value: unknown): Uint8Array =>
        must(sealer.seal([`person:${id}`], record, JSON.stringify(value)));
      const { name, model, capabilities } = agent;
      const rows: readonly OldRow[] = [
        ...[ada, bob].map((each, at) => ({
          table: "principals",
          values: {
            ...owned,
            id: each.id,
            owner_id: each.id,
            ordinal: at + 1,
            kind: "person",
            entry: seal(each.id, `principals/${each.id}`, { name: each.name }),
            role: each.role,
            state: "active",
            created_at: AT,
          },
        })),
        {
          table: "agents",
          values: {
            ...owned,
            id: agent.id,
            entry: seal(ada.id, `agents/${agent.id}`, { name, model, capabilities }),
            reading: agent.reading,
            created_at: AT,
          },
        },
        ...kept.map(({ id, effect, to, rights }) => ({
          table: "shares",
          values: {
            ...owned,
            id,
            object_type: "agent",
            object_id: agent.id,
            effect,
            grantee_kind: to.kind,
            grantee_id: to.kind === "everyone" ? ada.tenantId : to.id,
            can_use: rights.includes("use") ? 1 : 0,
            can_edit: rights.includes("edit") ? 1 : 0,
            can_delete: rights.includes("delete") ? 1 : 0,
            shared_by: ada.id,
            at: AT,
          },
        })),
      ];
      const intruder = await engine.intruder(options);
      await insertOldRows(intruder, engine.engine, rows);
      await intruder.close();
      return options;
    };
    const byId = (shares: readonly Share[]) => shares.toSorted((a, b) => (a.id < b.id ? -1 : 1));

    it("has every share as it was, going as far as no message", async () => {
      const db = await openTest(await old());
      expect(byId(must(await db.shares.list(me)))).toEqual(byId(kept));
      expect(must(await db.agents.find(scopeOf(bob), agent.id))).toEqual(agent);
      expect(codeOf(await db.agents.setReading(scopeOf(bob), agent.id, "open"))).toBe("ok");
      await db.close();
    });

    it("keeps prompts and releases from then on, and opens again with them", async () => {
      const options = await old();
      const db = await openTest(options);
      const mine = aPrompt(ada);
      must(await db.prompts.create(me, mine));
      const talk = aConversation(ada, { agentId: agent.id });
      must(await db.conversations.create(me, talk));
      const said = must(await db.conversations.append(me, "main", aMessage(talk, "said")));
      const shares = [
        aShareOf(promptObject(mine), ada, toPerson(bob)),
        aShareOf({ type: "secret", id: next(SecretId) }, ada, toPerson(bob)),
        aShareOf(talkObject(talk), ada, toPerson(bob), { upTo: said.id }),
      ];
      for (const share of shares) must(await db.shares.set(me, share));
      await db.close();
      const again = await openTest(options);
      expect(byId(must(await again.shares.list(me)))).toEqual(byId([...kept, ...shares]));
      expect(must(await again.prompts.list(scopeOf(bob)))).toEqual([mine]);
      expect(must(await again.conversations.sharedPath(scopeOf(bob), talk.id)).messages).toEqual([said]);
      expect(codeOf(await again.shares.find(me, next(ShareId)))).toBe("NOT_FOUND");
      await again.close();
    });

    it("stays at version 10 whole when the power goes in the midst, and comes up at the next opening", async () => {
      const options = await old();
      const broken = MIGRATIONS.map((each) =>
        each.version === 12
          ? {
              ...each,
              statements: (...given: Parameters<typeof each.statements>) => [
                ...each.statements(...given),
                "no statement",
              ],
            }
          : each,
      );
      await expect(openTest(options, { migrations: broken }).then(async (db) => db.close())).rejects.toThrow(
        "syntax error",
      );
      const db = await openTest(options);
      expect(byId(must(await db.shares.list(me)))).toEqual(byId(kept));
      expect(must(await db.prompts.list(me))).toEqual([]);
      await db.close();
    });
  });
});
