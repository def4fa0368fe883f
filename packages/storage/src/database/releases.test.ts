import { ConversationId, MessageId, SecretId, ShareId, label } from "@moltbot/contracts";
import type { AccessScope, Message, Share, SharedObject } from "@moltbot/contracts";
import { sql } from "kysely";
import type { SqlBool } from "kysely";
import { describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import { onEveryEngine } from "./testing/engines.ts";
import { openedDatabase } from "./testing/opened-database.ts";
import { twoHouses } from "./testing/two-houses.ts";
import { EVERYONE, aTeam, toPerson, toTeam } from "./testing/people-attacks.ts";
import { aPrompt, aShareOf, promptObject, talkObject } from "./testing/shared-attacks.ts";
import { AT, aConversation, aMessage, codeOf, later, must, next, scopeOf } from "./testing/world.ts";
import { visibility } from "./visibility.ts";
import type { Visibility } from "./visibility.ts";

onEveryEngine((engine) => {
  const { ada, bob, gus, eve, house, me, settle, standAs } = twoHouses();
  const crew = aTeam([bob, gus]);
  const talk = aConversation(ada, { title: "The boat" });
  const object = talkObject(talk);
  /** Three on the main branch; the second one's other answer is on a branch of its own. */
  let path: readonly [Message, Message, Message];

  const place = openedDatabase(engine, async (store) => {
    await settle(store);
    must(await store.teams.create(house, crew));
    must(await store.conversations.create(me, talk));
    const say = async (text: string, head = "main") =>
      must(await store.conversations.append(me, head, aMessage(talk, text)));
    const [first, second] = [await say("one"), await say("two")];
    must(await store.conversations.branch(me, talk.id, "aside", first.id));
    await say("not shown", "aside");
    path = [first, second, await say("three")];
  });
  const release = async (to: Share["to"], upTo: MessageId | null, change: Partial<Share> = {}) =>
    place.db.shares.set(me, aShareOf(object, ada, to, { upTo, ...change }));
  /** What somebody reads of it: the texts, or why not. Listing and reading have to agree. */
  const reads = async (scope: AccessScope, store = place.db): Promise<readonly string[] | string> => {
    const shown = await store.conversations.sharedPath(scope, talk.id);
    const listed = must(await store.conversations.sharedWith(scope));
    expect(listed.map(({ id }) => id)).toEqual(shown.ok ? [talk.id] : []);
    if (!shown.ok) return shown.error.code;
    const { messages, ...rest } = shown.value;
    expect(listed).toEqual([rest]);
    return messages.map(({ parts }) => parts.map((part) => ("text" in part ? part.text : part.type)).join());
  };

  it("reads the path to a message of its own, whole or not at all", async () => {
    const to = async (id: MessageId, scope = me, of = talk.id) => place.db.conversations.pathTo(scope, of, id);
    expect(must(await to(path[1].id))).toEqual(path.slice(0, 2));
    expect(must(await to(path[2].id))).toEqual(path);
    const aside = must(await place.db.conversations.path(me, talk.id, "aside", 9));
    expect(must(await to(aside.at(-1)?.id ?? path[0].id))).toEqual(aside);
    const second = aConversation(ada, { audience: [gus.id] });
    must(await place.db.conversations.create(me, second));
    expect(codeOf(await to(path[1].id, me, second.id))).toBe("NOT_FOUND");
    expect(codeOf(await to(next(MessageId)))).toBe("NOT_FOUND");
    expect(codeOf(await to(path[1].id, scopeOf(bob)))).toBe("NOT_FOUND");
    must(await place.db.conversations.append(me, "main", aMessage(second, "of a guest", { author: gus.id })));
    const last = must(await place.db.conversations.append(me, "main", aMessage(second, "of Ada")));
    expect(must(await to(last.id, me, second.id))).toHaveLength(2);
    place.sealer.erase(`person:${gus.id}`);
    expect(codeOf(await to(last.id, me, second.id))).toBe("NOT_FOUND");
  });

  describe("a conversation that was released", () => {
    it("is read from its root to the message that was named, and nothing of what came afterwards or beside it", async () => {
      must(await release(toPerson(bob), path[1].id, { at: later(7) }));
      expect(await reads(scopeOf(bob))).toEqual(["one", "two"]);
      must(await place.db.conversations.append(me, "main", aMessage(talk, "later", { createdAt: later(9) })));
      expect(must(await place.db.conversations.sharedPath(scopeOf(bob), talk.id))).toEqual({
        id: talk.id,
        agentId: talk.agentId,
        ownerId: ada.id,
        title: "The boat",
        createdAt: AT,
        upTo: path[1].id,
        sharedAt: later(7),
        messages: path.slice(0, 2),
      });
      expect(JSON.stringify(must(await place.db.conversations.sharedWith(scopeOf(bob))))).not.toContain(later(9));
    });

    it("is read as far as it was shared last, also on another branch or less far", async () => {
      for (const [upTo, texts] of [
        [path[2].id, ["one", "two", "three"]],
        [path[0].id, ["one"]],
      ] as const) {
        must(await release(toPerson(bob), upTo));
        expect(await reads(scopeOf(bob))).toEqual(texts);
      }
      const aside = must(await place.db.conversations.path(me, talk.id, "aside", 9)).at(-1)?.id ?? path[0].id;
      must(await release(toPerson(bob), aside));
      expect(await reads(scopeOf(bob))).toEqual(["one", "not shown"]);
      expect(must(await place.db.shares.list(me))).toHaveLength(1);
    });

    it("is nobody else's, not even another reach's, and ends at once", async () => {
      const given = must(await release(toPerson(bob), path[1].id));
      for (const scope of [
        me,
        scopeOf(gus),
        scopeOf(eve),
        scopeOf(bob, "tenant"),
        scopeOf(bob, "system"),
        { ...scopeOf(bob), tenantId: eve.tenantId },
        { ...scopeOf(bob), reach: "everything" as AccessScope["reach"] }, // it does not exist
      ])
        expect(await reads(scope)).toBe("NOT_FOUND");
      must(await place.db.shares.remove(me, given.id));
      expect(await reads(scopeOf(bob))).toBe("NOT_FOUND");
    });

    it("shows in nothing else that keeps conversations, and takes nothing from the reader", async () => {
      must(await release(toPerson(bob), path[2].id));
      const his = scopeOf(bob);
      expect(must(await place.db.conversations.list(his, 9))).toEqual([]);
      expect(codeOf(await place.db.conversations.find(his, talk.id))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.conversations.path(his, talk.id, "main", 9))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.conversations.messages(his, talk.id, null, 9))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.conversations.message(his, path[0].id))).toBe("NOT_FOUND");
      expect(must(await place.db.conversations.search(his, "one", { limit: 9 }))).toEqual([]);
      expect(must(await place.db.conversations.latest(his, talk.agentId))).toBeNull();
      expect(codeOf(await place.db.conversations.append(his, "main", aMessage(talk, "mine", { author: bob.id })))).toBe(
        "NOT_FOUND",
      );
      expect(codeOf(await place.db.conversations.branch(his, talk.id, "mine", path[0].id))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.conversations.removeContent(his, path[0].id, "gone"))).toBe("NOT_FOUND");
      expect(codeOf(await place.db.privacy.erase(his, { kind: "conversation", id: talk.id }))).toBe("NOT_FOUND");
      expect(must(await place.db.conversations.path(me, talk.id, "main", 9))).toHaveLength(3);
    });

    it("tells its owner with whom it is shared, and each reader only of themselves", async () => {
      const [his, other] = [
        must(await release(toPerson(bob), path[1].id)),
        must(await release(toPerson(gus), path[0].id, { at: later(1) })),
      ];
      expect(must(await place.db.shares.ofObject(me, object))).toEqual([his, other]);
      expect(must(await place.db.shares.ofObject(scopeOf(bob), object))).toEqual([his]);
      expect(codeOf(await place.db.shares.ofObject(scopeOf(eve), object))).toBe("NOT_FOUND");
      must(await place.db.shares.remove(me, his.id));
      expect(codeOf(await place.db.shares.ofObject(scopeOf(bob), object))).toBe("NOT_FOUND");
      // Who is in a conversation sees it, and not with whom else it was shared.
      const open = aConversation(ada, { audience: [bob.id] });
      must(await place.db.conversations.create(me, open));
      const first = must(await place.db.conversations.append(me, "main", aMessage(open, "hello")));
      must(await place.db.shares.set(me, aShareOf(talkObject(open), ada, toPerson(gus), { upTo: first.id })));
      expect(must(await place.db.shares.ofObject(scopeOf(bob), talkObject(open)))).toEqual([]);
    });

    it.each<readonly [string, () => Share["to"], Partial<Share>, string]>([
      ["a team, into which an admin could put themselves", () => toTeam(crew), {}, "to"],
      ["everyone", () => EVERYONE, {}, "to"],
      ["a right to edit", () => toPerson(bob), { rights: ["use", "edit"] }, "rights"],
      ["a right to delete alone", () => toPerson(bob), { rights: ["delete"] }, "rights"],
      ["a deny", () => toPerson(bob), { effect: "deny" }, "effect"],
      ["no message", () => toPerson(bob), { upTo: null }, "upTo"],
    ])("is not shared with %s, by the repository or by the engine itself", async (_what, to, change, at) => {
      expect(await release(to(), path[1].id, change)).toMatchObject({
        ok: false,
        error: { code: "REQUEST_INVALID", context: { path: at } },
      });
      // Whatever a query forgets: the table takes no such row.
      const given = must(await release(toPerson(bob), path[1].id));
      const wrong = {
        to: `grantee_kind = '${to().kind}'`,
        rights: change.rights?.includes("edit") === true ? "can_edit = 1" : "can_use = 0",
        effect: "effect = 'deny'",
        upTo: "up_to = null",
      }[at];
      const intruder = await engine.intruder(place.options);
      await expect(intruder.ask(`update shares set ${wrong ?? ""} where id = '${given.id}'`)).rejects.toThrow(
        /constraint/i,
      );
      await intruder.close();
      expect(await reads(scopeOf(bob))).toEqual(["one", "two"]);
    });

    it("is shared as far as a message of its own alone, by its owner alone; nothing else goes as far as a message", async () => {
      const other = aConversation(ada);
      must(await place.db.conversations.create(me, other));
      const foreign = must(await place.db.conversations.append(me, "main", aMessage(other, "elsewhere")));
      for (const upTo of [foreign.id, next(MessageId)])
        expect(codeOf(await release(toPerson(bob), upTo))).toBe("NOT_FOUND");
      expect(codeOf(await release(toPerson(eve), path[0].id))).toBe("NOT_FOUND");
      const nothing = talkObject({ id: next(ConversationId) });
      expect(codeOf(await place.db.shares.set(me, aShareOf(nothing, ada, toPerson(bob), { upTo: path[0].id })))).toBe(
        "NOT_FOUND",
      );
      const mine = aPrompt(ada);
      must(await place.db.prompts.create(me, mine));
      const far = aShareOf(promptObject(mine), ada, toPerson(bob), { upTo: path[0].id });
      expect(await place.db.shares.set(me, far)).toMatchObject({ error: { context: { path: "upTo" } } });
      must(await release(toPerson(bob), path[0].id));
      // Who may read it shares it with nobody.
      const on = aShareOf(object, bob, toPerson(gus), { upTo: path[0].id });
      expect(codeOf(await place.db.shares.set(scopeOf(bob), on))).toBe("NOT_FOUND");
      expect(must(await place.db.shares.list(me))).toHaveLength(1);
    });

    it("is gone for the reader while either of the two is suspended, for good when one leaves, and with what was removed", async () => {
      must(await release(toPerson(bob), path[1].id));
      await standAs(place.db, bob, "suspended");
      expect(await reads(scopeOf(bob))).toBe("NOT_FOUND");
      await standAs(place.db, bob, "active");
      expect(await reads(scopeOf(bob))).toEqual(["one", "two"]);
      must(await place.db.conversations.removeContent(me, path[1].id, "removed"));
      expect(await reads(scopeOf(bob))).toEqual(["one", "removed"]);
      await standAs(place.db, bob, "left");
      expect(must(await place.db.shares.list(me))).toEqual([]);

      const his = aConversation(bob);
      expect(his.ownerId).toBe(bob.id);
      const hers = aConversation(gus, { title: "Gus's" });
      must(await place.db.conversations.create(scopeOf(gus), hers));
      const said = must(await place.db.conversations.append(scopeOf(gus), "main", aMessage(hers, "words of Gus")));
      must(await place.db.shares.set(scopeOf(gus), aShareOf(talkObject(hers), gus, toPerson(ada), { upTo: said.id })));
      const seen = async () => codeOf(await place.db.conversations.sharedPath(me, hers.id));
      expect(await seen()).toBe("ok");
      await standAs(place.db, gus, "suspended");
      expect(await seen()).toBe("NOT_FOUND");
      await standAs(place.db, gus, "active");
      expect(await seen()).toBe("ok");
    });

    it("is gone with its erasure, its shares too, and one that cannot be opened hides no other", async () => {
      must(await release(toPerson(bob), path[1].id));
      const second = aConversation(ada, { title: "Second" });
      must(await place.db.conversations.create(me, second));
      const said = must(await place.db.conversations.append(me, "main", aMessage(second, "two")));
      must(await place.db.shares.set(me, aShareOf(talkObject(second), ada, toPerson(bob), { upTo: said.id })));
      place.sealer.erase(`conversation:${talk.id}`);
      expect(must(await place.db.conversations.sharedWith(scopeOf(bob))).map(({ id }) => id)).toEqual([second.id]);
      expect(codeOf(await place.db.conversations.sharedPath(scopeOf(bob), talk.id))).toBe("CONTENT_UNREADABLE");
      const gone = must(await place.db.privacy.erase(me, { kind: "conversation", id: talk.id }));
      expect(gone).toMatchObject({ shares: 1, conversations: 1 });
      expect(codeOf(await place.db.conversations.sharedPath(scopeOf(bob), talk.id))).toBe("NOT_FOUND");
      expect(must(await place.db.shares.list(me)).map((share) => share.object.id)).toEqual([second.id]);
    });

    it("shows the place of what a guest wrote who was erased", async () => {
      const open = aConversation(ada, { audience: [gus.id] });
      must(await place.db.conversations.create(me, open));
      must(await place.db.conversations.append(me, "main", aMessage(open, "of a guest", { author: gus.id })));
      const last = must(await place.db.conversations.append(me, "main", aMessage(open, "of Ada")));
      must(await place.db.shares.set(me, aShareOf(talkObject(open), ada, toPerson(bob), { upTo: last.id })));
      place.sealer.erase(`person:${gus.id}`);
      const shown = must(await place.db.conversations.sharedPath(scopeOf(bob), open.id));
      expect(shown.messages.map(({ state, parts, label: of }) => [state, parts.length, of])).toEqual([
        ["removed", 0, label("untrusted", [])],
        ["complete", 1, last.label],
      ]);
    });
  });

  describe("shares of a secret", () => {
    const secret: SharedObject = { type: "secret", id: next(SecretId) };

    it("are what each person shared of it, and no one's row takes the place of another's", async () => {
      const given = must(
        await place.db.shares.set(me, aShareOf(secret, ada, toPerson(bob), { rights: ["use", "edit"] })),
      );
      expect(must(await place.db.shares.ofObject(me, secret))).toEqual([given]);
      expect(must(await place.db.shares.ofObject(scopeOf(bob), secret))).toEqual([]);
      // Bob only says that it is his.
      expect(codeOf(await place.db.shares.set(scopeOf(bob), aShareOf(secret, bob, toPerson(bob))))).toBe("CONFLICT");
      must(await place.db.shares.set(scopeOf(bob), aShareOf(secret, bob, toPerson(gus))));
      expect(must(await place.db.shares.ofObject(me, secret))).toEqual([given]);
      expect(must(await place.db.shares.ofObject(house, secret))).toHaveLength(2);
      expect(must(await place.db.shares.endAll(scopeOf(bob), secret))).toBe(1);
      expect(must(await place.db.shares.ofObject(me, secret))).toEqual([given]);
    });

    it("end all at once when the secret is gone, and only its own", async () => {
      const other: SharedObject = { type: "secret", id: next(SecretId) };
      for (const to of [toPerson(bob), toTeam(crew), EVERYONE])
        for (const each of [secret, other]) must(await place.db.shares.set(me, aShareOf(each, ada, to)));
      expect(must(await place.db.shares.endAll(me, secret))).toBe(3);
      expect(must(await place.db.shares.endAll(me, secret))).toBe(0);
      expect(must(await place.db.shares.ofObject(me, secret))).toEqual([]);
      expect(must(await place.db.shares.ofObject(me, other))).toHaveLength(3);
      expect(must(await place.db.shares.list(me)).every(({ id }) => ShareId.safeParse(id).success)).toBe(true);
    });
  });

  describe("unplug", () => {
    const world = async (weaker: Visibility): Promise<Database> => {
      const store = await place.beside({ visibility: weaker });
      must(await store.shares.set(me, aShareOf(object, ada, toPerson(bob), { upTo: path[1].id })));
      return store;
    };

    it("without the predicate of releases, a suspended reader goes on reading", async () => {
      const everything: Visibility = (reach, table, scope, dialect, need) =>
        need === "reading" ? sql<SqlBool>`(1 = 1)` : visibility(reach, table, scope, dialect, need);
      for (const [weaker, expected] of [
        [visibility, "NOT_FOUND"],
        [everything, "ok"],
      ] as const) {
        const store = await world(weaker);
        await standAs(store, bob, "suspended");
        expect(codeOf(await store.conversations.sharedPath(scopeOf(bob), talk.id))).toBe(expected);
        await store.close();
      }
    });

    it("with releases taken for visibility, the reader reads what came afterwards and writes into it", async () => {
      const merged: Visibility = (reach, table, scope, dialect, need) =>
        table === "conversations"
          ? sql<SqlBool>`(${visibility(reach, table, scope, dialect, need)} or ${visibility(reach, table, scope, dialect, "reading")})`
          : visibility(reach, table, scope, dialect, need);
      const store = await world(merged);
      expect(must(await store.conversations.find(scopeOf(bob), talk.id)).heads["main"]).not.toBeNull();
      const planted = aMessage(talk, "planted", { author: bob.id });
      expect(codeOf(await store.conversations.append(scopeOf(bob), "main", planted))).toBe("ok");
      await store.close();
    });
  });
});
