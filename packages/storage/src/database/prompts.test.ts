import { PromptId } from "@moltbot/contracts";
import type { Person, Principal, Prompt, PrincipalId, Share } from "@moltbot/contracts";
import { sql } from "kysely";
import type { SqlBool } from "kysely";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import { onEveryEngine } from "./testing/engines.ts";
import { EVERYONE, aPersonOf, aTeam, toPerson, toTeam } from "./testing/people-attacks.ts";
import { aPrompt, aShareOf, promptObject } from "./testing/shared-attacks.ts";
import {
  AT,
  codeOf,
  later,
  memorySealer,
  must,
  next,
  openTest,
  person,
  removeFolders,
  scopeOf,
} from "./testing/world.ts";
import type { TestOptions } from "./testing/world.ts";
import { visibility } from "./visibility.ts";
import type { Visibility } from "./visibility.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  const ada = person();
  const [bob, gus] = [person(ada.tenantId), person(ada.tenantId)];
  const house = scopeOf(ada, "tenant");
  const me = scopeOf(ada);
  const crew = aTeam([gus]);
  const mine = aPrompt(ada);
  let sealer: ReturnType<typeof memorySealer>;
  let options: TestOptions;
  let db: Database;

  const furnish = async (store: Database): Promise<void> => {
    must(await store.identity.createPerson(ada));
    for (const each of [bob, gus]) must(await store.people.create(house, aPersonOf(each)));
    must(await store.teams.create(house, crew));
    must(await store.prompts.create(me, mine));
  };
  const share = async (to: Share["to"], change: Partial<Share> = {}): Promise<Share> =>
    must(await db.shares.set(me, aShareOf(promptObject(mine), ada, to, change)));
  const sees = async (who: Principal, store = db): Promise<boolean> => {
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
    db.prompts.change(scopeOf(who), mine.id, to(text, by));
  const standAs = async (who: Principal, state: Person["state"]): Promise<void> => {
    const now = must(await db.people.find(house, who.id));
    must(await db.people.change(house, who.id, now, { ...now, state }));
  };

  beforeEach(async () => {
    sealer = memorySealer();
    options = engine.options({ sealer });
    db = await openTest(options);
    await furnish(db);
    return () => db.close();
  });

  describe("prompts", () => {
    it("come back after a restart as they were kept, oldest first", async () => {
      const second = aPrompt(ada, { name: "Second", createdAt: later(1) });
      must(await db.prompts.create(me, second));
      await db.close();
      db = await openTest(options);
      expect(must(await db.prompts.list(me))).toEqual([mine, second]);
      expect(must(await db.prompts.find(me, second.id))).toEqual(second);
      expect(must(await db.prompts.list(house))).toHaveLength(2);
      expect(codeOf(await db.prompts.find(me, next(PromptId)))).toBe("NOT_FOUND");
    });

    it("are nobody else's until they are shared, and then of whom a share reaches and no deny", async () => {
      expect([await sees(ada), await sees(bob), await sees(gus)]).toEqual([true, false, false]);
      await share(toTeam(crew));
      expect([await sees(bob), await sees(gus)]).toEqual([false, true]);
      await share(EVERYONE);
      await share(toPerson(gus), { effect: "deny" });
      expect([await sees(ada), await sees(bob), await sees(gus)]).toEqual([true, true, false]);
      expect(must(await db.shares.ofObject(scopeOf(bob), promptObject(mine)))).toHaveLength(3);
    });

    it("are nobody's to use while their owner is suspended, and theirs again afterwards", async () => {
      const his = aPrompt(bob);
      must(await db.prompts.create(scopeOf(bob), his));
      must(
        await db.shares.set(scopeOf(bob), aShareOf(promptObject(his), bob, EVERYONE, { rights: ["use", "delete"] })),
      );
      const found = async (who: Principal) => codeOf(await db.prompts.find(scopeOf(who), his.id));
      expect([await found(gus), await found(bob)]).toEqual(["ok", "ok"]);
      await standAs(bob, "suspended");
      expect([await found(gus), await found(bob)]).toEqual(["NOT_FOUND", "NOT_FOUND"]);
      expect(codeOf(await db.prompts.remove(scopeOf(gus), his.id))).toBe("NOT_FOUND");
      await standAs(bob, "active");
      expect([await found(gus), await found(bob)]).toEqual(["ok", "ok"]);
    });

    it("are changed and removed by whom a share lets, and who may only use one is told which right is missing", async () => {
      await share(EVERYONE);
      for (const [right, attempt] of [
        ["edit", await change(gus, "mine now")],
        ["delete", await db.prompts.remove(scopeOf(gus), mine.id)],
      ] as const)
        expect(attempt).toMatchObject({
          ok: false,
          error: { code: "RIGHT_MISSING", context: { kind: "prompt", right } },
        });
      expect(must(await db.prompts.find(me, mine.id))).toEqual(mine);
      await share(toPerson(gus), { rights: ["edit"] });
      expect(codeOf(await change(gus, "better"))).toBe("ok");
      expect(codeOf(await db.prompts.remove(scopeOf(gus), mine.id))).toBe("RIGHT_MISSING");
      await share(toPerson(gus), { rights: ["delete"] });
      expect(codeOf(await change(gus, "worse"))).toBe("RIGHT_MISSING");
      expect(codeOf(await db.prompts.remove(scopeOf(gus), mine.id))).toBe("ok");
      expect(codeOf(await db.prompts.find(me, mine.id))).toBe("NOT_FOUND");
      expect(must(await db.shares.list(me))).toEqual([]);
    });

    it("are kept by nobody for another, and not twice", async () => {
      expect(codeOf(await db.prompts.create(scopeOf(bob), aPrompt(ada)))).toBe("NOT_FOUND");
      expect(codeOf(await db.prompts.create(scopeOf(bob), aPrompt(bob, { id: mine.id })))).toBe("CONFLICT");
      expect(must(await db.prompts.list(me))).toEqual([mine]);
    });

    it("go with the key of their owner, and no other row's text stands in for one", async () => {
      const other = aPrompt(ada, { text: "hostile words" });
      must(await db.prompts.create(me, other));
      const intruder = await engine.intruder(options);
      await intruder.ask(
        `update prompts set entry = (select p.entry from prompts as p where p.id = '${other.id}') where id = '${mine.id}'`,
      );
      await intruder.close();
      expect(codeOf(await db.prompts.find(me, mine.id))).toBe("CONTENT_UNREADABLE");
      expect(codeOf(await change(ada, "again"))).toBe("CONTENT_UNREADABLE");
      sealer.erase(`person:${ada.id}`);
      expect(codeOf(await db.prompts.find(me, other.id))).toBe("CONTENT_UNREADABLE");
      expect(codeOf(await db.prompts.list(me))).toBe("CONTENT_UNREADABLE");
    });
  });

  describe("whose words a prompt is", () => {
    const words = async () => must(await db.prompts.find(me, mine.id)).writtenBy;

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
      expect(must(await db.prompts.change(me, mine.id, renamed))).toMatchObject({ name: "Mine", writtenBy: bob.id });
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
      const intruder = await engine.intruder(options);
      const [row] = await intruder.ask(`select * from prompts where id = '${mine.id}'`);
      await intruder.close();
      expect(Object.values(row ?? {})).not.toContain(bob.id);
      expect(Object.keys(row ?? {})).not.toContain("written_by");
    });
  });

  describe("unplug: with a part of the predicate off", () => {
    const world = async (weaker: Visibility): Promise<Database> => {
      const store = await openTest(engine.options({ sealer: memorySealer() }), { visibility: weaker });
      await furnish(store);
      return store;
    };

    it("without shares being asked for, a housemate reads what is private", async () => {
      const store = await world((reach, table, scope, dialect, need) =>
        table === "prompts" ? sql<SqlBool>`(1 = 1)` : visibility(reach, table, scope, dialect, need),
      );
      // The list would not look there; the id is enough.
      expect(must(await store.prompts.find(scopeOf(bob), mine.id))).toEqual(mine);
      await store.close();
    });

    it("without the right, who may only use a prompt puts words into it that others will send", async () => {
      const store = await world((reach, table, scope, dialect, need) =>
        visibility(reach, table, scope, dialect, need === "edit" ? "use" : need),
      );
      must(await store.shares.set(me, aShareOf(promptObject(mine), ada, EVERYONE)));
      expect(codeOf(await store.prompts.change(scopeOf(gus), mine.id, to("hostile", gus.id)))).toBe("ok");
      expect(must(await store.prompts.find(me, mine.id)).text).toBe("hostile");
      await store.close();
    });
  });
});
