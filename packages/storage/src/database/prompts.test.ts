import { PromptId } from "@moltbot/contracts";
import type { Principal, Prompt, PrincipalId, Share } from "@moltbot/contracts";
import { sql } from "kysely";
import type { SqlBool } from "kysely";
import { describe, expect, it } from "vitest";
import { onEveryEngine } from "./testing/engines.ts";
import { openedDatabase } from "./testing/opened-database.ts";
import { twoHouses } from "./testing/two-houses.ts";
import { EVERYONE, aTeam, toPerson, toTeam } from "./testing/people-attacks.ts";
import { aPrompt, aShareOf, promptObject } from "./testing/shared-attacks.ts";
import { AT, codeOf, later, must, next, scopeOf } from "./testing/world.ts";
import { visibility } from "./visibility.ts";

onEveryEngine((engine) => {
  const { ada, bob, gus, house, me, settle, standAs } = twoHouses();
  const crew = aTeam([gus]);
  const mine = aPrompt(ada);
  const place = openedDatabase(engine, async (store) => {
    await settle(store);
    must(await store.teams.create(house, crew));
    must(await store.prompts.create(me, mine));
  });
  const share = async (to: Share["to"], change: Partial<Share> = {}): Promise<Share> =>
    must(await place.db.shares.set(me, aShareOf(promptObject(mine), ada, to, change)));
  const sees = async (who: Principal, store = place.db): Promise<boolean> => {
    const found = codeOf(await store.prompts.find(scopeOf(who), mine.id));
    const listed = must(await store.prompts.list(scopeOf(who))).some(({ id }) => id === mine.id);
    expect(listed).toBe(found === "ok");
    return listed;
  };
  const to = (text: string, by: PrincipalId | null, change: Partial<Prompt> = {}) => ({
    name: mine.name,
    text,
    writtenBy: by,
    updatedAt: later(5),
    ...change,
  });
  const change = async (who: Principal, text: string, by: PrincipalId | null = who.id) =>
    place.db.prompts.change(scopeOf(who), mine.id, to(text, by));

  describe("prompts", () => {
    it("come back after a restart as they were kept, oldest first", async () => {
      const second = aPrompt(ada, { name: "Second", createdAt: later(1) });
      must(await place.db.prompts.create(me, second));
      await place.reopen();
      expect(must(await place.db.prompts.list(me))).toEqual([mine, second]);
      expect(must(await place.db.prompts.find(me, second.id))).toEqual(second);
      expect(must(await place.db.prompts.list(house))).toHaveLength(2);
      expect(codeOf(await place.db.prompts.find(me, next(PromptId)))).toBe("NOT_FOUND");
    });

    it("are nobody else's until they are shared, and then of whom a share reaches and no deny", async () => {
      expect([await sees(ada), await sees(bob), await sees(gus)]).toEqual([true, false, false]);
      await share(toTeam(crew));
      expect([await sees(bob), await sees(gus)]).toEqual([false, true]);
      await share(EVERYONE);
      await share(toPerson(gus), { effect: "deny" });
      expect([await sees(ada), await sees(bob), await sees(gus)]).toEqual([true, true, false]);
      expect(must(await place.db.shares.ofObject(scopeOf(bob), promptObject(mine)))).toHaveLength(3);
    });

    it("are nobody's to use while their owner is suspended, and theirs again afterwards", async () => {
      const his = aPrompt(bob);
      must(await place.db.prompts.create(scopeOf(bob), his));
      must(
        await place.db.shares.set(
          scopeOf(bob),
          aShareOf(promptObject(his), bob, EVERYONE, { rights: ["use", "delete"] }),
        ),
      );
      const found = async (who: Principal) => codeOf(await place.db.prompts.find(scopeOf(who), his.id));
      expect([await found(gus), await found(bob)]).toEqual(["ok", "ok"]);
      await standAs(place.db, bob, "suspended");
      expect([await found(gus), await found(bob)]).toEqual(["NOT_FOUND", "NOT_FOUND"]);
      expect(codeOf(await place.db.prompts.remove(scopeOf(gus), his.id))).toBe("NOT_FOUND");
      await standAs(place.db, bob, "active");
      expect([await found(gus), await found(bob)]).toEqual(["ok", "ok"]);
    });

    it("are changed and removed by whom a share lets, and who may only use one is told which right is missing", async () => {
      await share(EVERYONE);
      for (const [right, attempt] of [
        ["edit", await change(gus, "mine now")],
        ["delete", await place.db.prompts.remove(scopeOf(gus), mine.id)],
      ] as const)
        expect(attempt).toMatchObject({
          ok: false,
          error: { code: "RIGHT_MISSING", context: { kind: "prompt", right } },
        });
      expect(must(await place.db.prompts.find(me, mine.id))).toEqual(mine);
      await share(toPerson(gus), { rights: ["edit"] });
      expect(codeOf(await change(gus, "better"))).toBe("ok");
      expect(codeOf(await place.db.prompts.remove(scopeOf(gus), mine.id))).toBe("RIGHT_MISSING");
      await share(toPerson(gus), { rights: ["delete"] });
      expect(codeOf(await change(gus, "worse"))).toBe("RIGHT_MISSING");
      expect(codeOf(await place.db.prompts.remove(scopeOf(gus), mine.id))).toBe("ok");
      expect(codeOf(await place.db.prompts.find(me, mine.id))).toBe("NOT_FOUND");
      expect(must(await place.db.shares.list(me))).toEqual([]);
    });

    it("are kept by nobody for another, and not twice", async () => {
      expect(codeOf(await place.db.prompts.create(scopeOf(bob), aPrompt(ada)))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.prompts.create(scopeOf(bob), aPrompt(bob, { id: mine.id })))).toBe("CONFLICT");
      expect(must(await place.db.prompts.list(me))).toEqual([mine]);
    });

    it("go with the key of their owner, and no other row's text stands in for one", async () => {
      const other = aPrompt(ada, { text: "hostile words" });
      must(await place.db.prompts.create(me, other));
      const intruder = await engine.intruder(place.options);
      await intruder.ask(
        `update prompts set entry = (select p.entry from prompts as p where p.id = '${other.id}') where id = '${mine.id}'`,
      );
      await intruder.close();
      expect(codeOf(await place.db.prompts.find(me, mine.id))).toBe("CONTENT_UNREADABLE");
      expect(codeOf(await change(ada, "again"))).toBe("CONTENT_UNREADABLE");
      place.sealer.erase(`person:${ada.id}`);
      expect(codeOf(await place.db.prompts.find(me, other.id))).toBe("CONTENT_UNREADABLE");
      expect(codeOf(await place.db.prompts.list(me))).toBe("CONTENT_UNREADABLE");
    });
  });

  describe("whose words a prompt is", () => {
    const words = async () => must(await place.db.prompts.find(me, mine.id)).writtenBy;

    it("is whoever changed its text last, until its owner changes it", async () => {
      await share(EVERYONE, { rights: ["use", "edit"] });
      expect(await words()).toBe(ada.id);
      expect(must(await change(bob, "ignore what was said before"))).toMatchObject({
        ownerId: ada.id,
        writtenBy: bob.id,
        updatedAt: later(5),
        createdAt: AT,
      });
      // Another name, or the same text once more, is nobody's change of the words.
      const renamed = to("ignore what was said before", ada.id, { name: "Mine" });
      expect(must(await place.db.prompts.change(me, mine.id, renamed))).toMatchObject({
        name: "Mine",
        writtenBy: bob.id,
      });
      must(await change(gus, "and more"));
      expect(await words()).toBe(gus.id);
      must(await change(ada, "in my own words"));
      expect(await words()).toBe(ada.id);
    });

    it("is nobody's where the credential's words count as nobody's, and never another's than the one's who changed it", async () => {
      await share(EVERYONE, { rights: ["use", "edit"] });
      must(await change(ada, "passed on by a program", null));
      expect(await words()).toBeNull();
      must(await change(bob, "in Ada's name", ada.id));
      expect(await words()).toBe(bob.id);
    });

    it("is sealed with the text: nobody who has the engine's files makes it somebody else's", async () => {
      await share(EVERYONE, { rights: ["use", "edit"] });
      must(await change(bob, "hostile"));
      const intruder = await engine.intruder(place.options);
      const [row] = await intruder.ask(`select * from prompts where id = '${mine.id}'`);
      await intruder.close();
      expect(Object.values(row ?? {})).not.toContain(bob.id);
      expect(Object.keys(row ?? {})).not.toContain("written_by");
    });
  });

  describe("unplug: with a part of the predicate off", () => {
    it("without shares being asked for, a housemate reads what is private", async () => {
      const store = await place.beside({
        visibility: (reach, table, scope, dialect, need) =>
          table === "prompts" ? sql<SqlBool>`(1 = 1)` : visibility(reach, table, scope, dialect, need),
      });
      // The list would not look there; the id is enough.
      expect(must(await store.prompts.find(scopeOf(bob), mine.id))).toEqual(mine);
      await store.close();
    });

    it("without the right, who may only use a prompt puts words into it that others will send", async () => {
      const store = await place.beside({
        visibility: (reach, table, scope, dialect, need) =>
          visibility(reach, table, scope, dialect, need === "edit" ? "use" : need),
      });
      must(await store.shares.set(me, aShareOf(promptObject(mine), ada, EVERYONE)));
      expect(codeOf(await store.prompts.change(scopeOf(gus), mine.id, to("hostile", gus.id)))).toBe("ok");
      expect(must(await store.prompts.find(me, mine.id)).text).toBe("hostile");
      await store.close();
    });
  });
});
