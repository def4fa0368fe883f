import { AgentId, err, instantOf, moltbotError } from "@moltbot/contracts";
import type { Conversation, Message, SearchHit } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import type { Database } from "./open-database.ts";
import { foldedWords } from "./memory-words.ts";
import { textsOf } from "./message-index.ts";
import { parseQuery } from "./search-query.ts";
import { snippetOf } from "./search-snippet.ts";
import { onEveryEngine } from "./testing/engines.ts";
import {
  AT,
  aConversation,
  aMemory,
  aMessage,
  codeOf,
  later,
  memorySealer,
  must,
  next,
  openTest,
  optionsFor,
  person,
  removeFolders,
  scopeOf,
  temporaryFile,
} from "./testing/world.ts";
import type { TestOptions } from "./testing/world.ts";

afterAll(removeFolders);

const ada = person();
const me = scopeOf(ada);
const bob = person(ada.tenantId);
const stranger = person();

/** What the index must agree with: looks at every message and at nothing else. */
const naive = (messages: readonly Message[], query: string): readonly string[] => {
  const wanted = foldedWords(query.replace(/["“”]/gu, " "));
  return messages
    .filter(({ parts }) => {
      const held = new Set(textsOf(parts).flatMap(foldedWords));
      return wanted.length > 0 && wanted.every((word) => held.has(word));
    })
    .map(({ id }) => id);
};
const idsOf = (hits: readonly SearchHit[]): readonly string[] => hits.map(({ messageId }) => messageId);

const WORDS = [
  "plum",
  "Plum",
  "plums",
  "PLÚM",
  "jam",
  "日本語",
  "тест",
  "ﬁg",
  "e\u0301té",
  "été",
  "and",
  "not",
  "near",
  "a1",
];
const SIGNS = [
  " ",
  "  ",
  "-",
  ":",
  "^",
  "(",
  ")",
  "*",
  "\u0000",
  "🍑",
  "'",
  ",",
  "\n",
  "{",
  "}",
  "+",
  "|",
  "\\",
  "%",
  "_",
  "§",
];
const textOf = fc
  .array(fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom(...SIGNS), fc.string({ maxLength: 3 })), { maxLength: 8 })
  .map((parts) => parts.join(" "));
/** Queries full of what search languages mean something by; none of it means anything here. */
const queryOf = fc
  .array(
    fc.oneof(
      fc.constantFrom(...WORDS),
      fc.constantFrom(
        "NEAR(plum jam, 2)",
        "plum OR jam",
        "NOT plum",
        "^plum",
        "plum:jam",
        "words:plum",
        "-plum",
        "plum AND",
        "(plum",
        '"',
        "“",
        "{plum}",
        "plum + jam",
        "plum*jam",
        "* plum",
        "§",
        "\u0000plum",
      ),
      fc.string({ maxLength: 4 }).filter((text) => !text.includes("*")),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(" "));

onEveryEngine((engine) => {
  let options: TestOptions;
  let sealer: ReturnType<typeof memorySealer>;
  let db: Database;
  let home: Conversation;
  const append = async (text: string, change: Partial<Message> = {}, to = home): Promise<Message> =>
    must(await db.conversations.append(scopeOf(ada, "system"), "main", aMessage(to, text, change)));
  const search = async (query: string, limit = 20, scope = me): Promise<readonly SearchHit[]> =>
    must(await db.conversations.search(scope, query, { limit }));

  beforeEach(async () => {
    sealer = memorySealer();
    options = engine.options({ sealer });
    db = await openTest(options);
    home = aConversation(ada, { title: "Kitchen" });
    must(await db.conversations.create(me, home));
  });
  afterEach(() => db.close());

  describe("the search over messages", () => {
    it("finds what has all the words, newest first, with the words around the place", async () => {
      const old = await append("plums are cheap\nand so is jam", { createdAt: later(1) });
      await append("plums alone", { createdAt: later(2) });
      const fresh = await append("Jam of PLÚMS", { createdAt: later(3), role: "assistant", author: next(AgentId) });
      // What came in late, such as an import, stands where its time says.
      const imported = await append("jam, plums, long ago", { createdAt: later(-9) });
      const hits = await search("plums jam");
      expect(idsOf(hits)).toEqual([fresh.id, old.id, imported.id]);
      expect(hits[1]).toEqual({
        messageId: old.id,
        conversationId: home.id,
        title: "Kitchen",
        role: "user",
        at: later(1),
        snippet: "plums are cheap and so is jam",
        matches: [
          [0, 5],
          [26, 29],
        ],
      });
      expect(idsOf(await search("plums jam", 1))).toEqual([fresh.id]);
      expect(await search("plums jam", 0)).toEqual([]);
      expect(await search("?!")).toEqual([]);
      expect(await search("plumsjam")).toEqual([]);
    });

    it("keeps the order of messages of one instant", async () => {
      const all: Message[] = [];
      for (let n = 0; n < 5; n += 1) all.push(await append("plums"));
      expect(idsOf(await search("plums"))).toEqual(all.map(({ id }) => id).toReversed());
    });

    it("wants the words of a phrase to stand together, in one text", async () => {
      const together = await append("we make Plum-Jam, really");
      await append("jam and plum");
      await append("plum", {
        parts: [
          { type: "text", text: "plum" },
          { type: "text", text: "jam" },
        ],
      });
      expect(idsOf(await search('"plum jam"'))).toEqual([together.id]);
      expect(idsOf(await search("“plum jam” really"))).toEqual([together.id]);
    });

    it("finds beginnings of words where the engine can, and says so where it cannot", async () => {
      const message = await append("plumage");
      const asked = await db.conversations.search(me, "plum*", { limit: 9 });
      if (engine.engine === "postgres") expect(codeOf(asked)).toBe("SEARCH_UNSUPPORTED");
      else expect(idsOf(must(asked))).toEqual([message.id]);
      expect(db.searchAbilities.prefix).toBe(engine.engine === "sqlite");
      // A star anywhere else is no beginning of anything.
      expect(await search("plum * *")).toEqual([]);
    });

    it("sees what a person sees, and nothing else", async () => {
      const shared = aConversation(bob, { audience: [ada.id] });
      const closed = aConversation(bob);
      const abroad = aConversation(stranger);
      for (const each of [shared, closed]) must(await db.conversations.create(scopeOf(bob), each));
      must(await db.conversations.create(scopeOf(stranger), abroad));
      const seen = await append("plums of Bob", { author: bob.id }, shared);
      const mine = await append("plums of mine");
      const hidden = await append("plums unseen", { author: bob.id }, closed);
      const foreign = must(await db.conversations.append(scopeOf(stranger), "main", aMessage(abroad, "plums abroad")));
      expect(idsOf(await search("plums")).toSorted()).toEqual([seen.id, mine.id].toSorted());
      expect(idsOf(await search("plums", 9, scopeOf(bob))).toSorted()).toEqual([seen.id, hidden.id].toSorted());
      expect(idsOf(await search("plums", 9, scopeOf(ada, "tenant")))).not.toContain(foreign.id);
      expect(await search("plums", 9, scopeOf(ada, "system"))).toHaveLength(4);
      const inOne = await db.conversations.search(me, "plums", { conversationId: shared.id, limit: 9 });
      expect(idsOf(must(inOne))).toEqual([seen.id]);
      expect(must(await db.conversations.search(me, "plums", { conversationId: closed.id, limit: 9 }))).toEqual([]);
    });

    it("finds its own hits behind hundreds that it may not see", async () => {
      const mine = await append("plums of mine", { createdAt: later(-1) });
      const closed = aConversation(bob);
      must(await db.conversations.create(scopeOf(bob), closed));
      for (let n = 0; n < 220; n += 1) await append("plums", { author: bob.id }, closed);
      expect(idsOf(await search("plums"))).toEqual([mine.id]);
    });

    it("finds nothing of what was removed or erased, and nothing is left of the words", async () => {
      const removed = await append("plums xylophone");
      const kept = await append("plums");
      must(await db.conversations.removeContent(me, removed.id, "taken away"));
      expect(idsOf(await search("plums"))).toEqual([kept.id]);
      expect(await search("xylophone")).toEqual([]);
      expect(idsOf(await search("taken"))).toEqual([removed.id]);
      await db.close();
      expect(engine.bytesOnDisk(options).includes("xylophone")).toBe(false);
      sealer.erase(`conversation:${home.id}`);
      db = await openTest(options);
      expect(await search("plums")).toEqual([]);
    });

    it("knows what was committed, and nothing of what was taken back", async () => {
      const [first, second, third] = [
        aMessage(home, "plums one"),
        aMessage(home, "plums two"),
        aMessage(home, "plums"),
      ];
      const written = await db.atomically(async (inner) => {
        must(await inner.conversations.append(me, "main", first));
        expect(codeOf(await inner.conversations.append(me, "nowhere", second))).toBe("NOT_FOUND");
        must(await inner.conversations.append(me, "main", third));
        // Written and taken away in one: its words are not written behind that.
        return inner.conversations.removeContent(me, third.id, "gone");
      });
      must(written);
      expect(idsOf(await search("plums"))).toEqual([first.id]);
      expect(idsOf(await search("gone"))).toEqual([third.id]);
      const undone = await db.atomically(async (inner) => {
        must(await inner.conversations.append(me, "main", second));
        return err(moltbotError("CONFLICT", { kind: "test" }));
      });
      expect(codeOf(undone)).toBe("CONFLICT");
      expect(idsOf(await search("plums"))).toEqual([first.id]);
      must(await db.conversations.append(me, "main", second));
      expect(idsOf(await search("plums"))).toEqual([second.id, first.id]);
    });

    it("equals a search that reads everything, whatever is written and whatever is asked", async () => {
      const messages: Message[] = [];
      await fc.assert(
        fc.asyncProperty(textOf, queryOf, async (text, query) => {
          messages.unshift(await append(text, { createdAt: later(messages.length) }));
          const { prefixes, phrases } = parseQuery(query);
          fc.pre(prefixes.length === 0 && phrases.length === 0);
          expect(idsOf(await search(query, 1000))).toEqual(naive(messages, query));
        }),
        { numRuns: engine.engine === "sqlite" ? 300 : 60 },
      );
    });

    it("is made anew at the next opening when it is not complete", async () => {
      const message = await append("plums");
      must(await db.memories.create(me, aMemory(ada, "sugar")));
      await db.close();
      const intruder = await engine.intruder(options);
      await intruder.ask("delete from message_index");
      await intruder.ask("delete from facts where name = 'search index'");
      await intruder.close();
      db = await openTest(options);
      expect(idsOf(await search("plums"))).toEqual([message.id]);
      expect(must(await db.memories.search(me, "sugar", 9, [ada.id]))).toHaveLength(1);
      expect(must(await db.check())).toEqual([]);
    });
  });

  describe("all messages of a conversation", () => {
    it("come in the order of their ids, page by page, without what was erased", async () => {
      const shared = aConversation(ada, { audience: [bob.id] });
      must(await db.conversations.create(me, shared));
      const written: Message[] = [];
      for (let n = 0; n < 6; n += 1)
        written.push(await append(String(n), n % 2 === 1 ? { author: bob.id } : {}, shared));
      const all = written.toSorted((a, b) => (a.id < b.id ? -1 : 1));
      const page = must(await db.conversations.messages(me, shared.id, null, 4));
      expect(page).toEqual(all.slice(0, 4));
      expect(must(await db.conversations.messages(me, shared.id, all[3]?.id ?? null, 4))).toEqual(all.slice(4));
      // A message of a guest is the guest's too: without them it is gone, and the pages go on.
      sealer.erase(`person:${bob.id}`);
      const left = must(await db.conversations.messages(me, shared.id, null, 2));
      expect(left).toEqual(all.filter(({ author }) => author === ada.id).slice(0, 2));
      // Where it stood in the conversation stays told.
      const path = must(await db.conversations.path(me, shared.id, "main", 9));
      expect(path.map(({ state, parts }) => [state, parts.length])).toEqual(
        written.map(({ author }) => (author === bob.id ? ["removed", 0] : ["complete", 1])),
      );
      expect(codeOf(await db.conversations.messages(scopeOf(stranger), shared.id, null, 2))).toBe("NOT_FOUND");
    });
  });
});

describe("a snippet", () => {
  it("shows the place on one line, and its matches are the places of the words", () => {
    fc.assert(
      fc.property(textOf, textOf, fc.constantFrom("plum", "jam", "日本語"), (before, after, word) => {
        const query = parseQuery(word);
        const { snippet, matches } = snippetOf([`${before} ${word} ${after}`], query);
        expect(Array.from(snippet).filter((character) => character < " ")).toEqual([]);
        expect(matches.length).toBeGreaterThan(0);
        for (const [from, to] of matches) expect(foldedWords(snippet.slice(from, to))).toContain(foldedWords(word)[0]);
      }),
    );
  });

  it("begins near the first place of a long text, and is short", () => {
    const { snippet, matches } = snippetOf([`${"word ".repeat(1000)}plum ${"word ".repeat(1000)}`], parseQuery("plum"));
    expect(snippet.length).toBeLessThan(180);
    expect(snippet.startsWith("…word")).toBe(true);
    expect(matches.map(([from, to]) => snippet.slice(from, to))).toEqual(["plum"]);
  });

  it("writes out what cannot be seen", () => {
    expect(snippetOf(["a\u202eplum\u2028b"], parseQuery("plum")).snippet).toBe("a⟨U+202E⟩plum⟨U+2028⟩b");
  });
});

describe("times far away", () => {
  it("do not make two messages one", async () => {
    const db = await openTest(optionsFor(temporaryFile()));
    const home = aConversation(ada);
    must(await db.conversations.create(me, home));
    for (const at of [instantOf(Date.parse("9999-12-31T23:59:59.999Z")), instantOf(0), AT])
      for (let n = 0; n < 2; n += 1)
        must(await db.conversations.append(me, "main", aMessage(home, "plums", { createdAt: at })));
    expect(must(await db.conversations.search(me, "plums", { limit: 9 }))).toHaveLength(6);
    await db.close();
  });
});
