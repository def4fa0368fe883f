import { label, readableBy } from "@moltbot/contracts";
import type { Readers } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import { codeLike, wordsOf } from "./memory-words.ts";
import {
  aMemory,
  codeOf,
  memorySealer,
  must,
  openTest,
  optionsFor,
  person,
  removeFolders,
  scopeOf,
  temporaryFile,
} from "./testing/world.ts";
import { anyOf } from "./word-terms.ts";
import { openWithKey } from "./open-file.ts";
import { onEveryEngine } from "./testing/engines.ts";

onEveryEngine((engine) => {
  const ada = person();
  const bob = person(ada.tenantId);
  const me = scopeOf(ada);
  let db: Database;
  const texts = [
    "my cat is called Tom",
    "the door code is #42-b",
    "I write C++ at work",
    "Grüße an Jürgen",
    "a_b is a variable",
    "the cat of the neighbour is called Tim and is old and fat",
  ];

  beforeAll(async () => {
    db = await openTest(engine.options({ sealer: memorySealer() }));
    for (const text of texts) must(await db.memories.create(me, aMemory(ada, text)));
    must(await db.memories.create(scopeOf(bob), aMemory(bob, "my cat is called Secret")));
  });
  afterAll(async () => {
    await db.close();
    removeFolders();
  });
  const found = async (query: string, limit = 10): Promise<readonly string[]> =>
    must(await db.memories.search(me, query, limit, [ada.id])).map((memory) => memory.text);

  describe("the search of memories", () => {
    it("finds any of the words, the best first", async () => {
      expect(await found("what is the name of Tom, my cat?")).toContain(texts[0]);
      expect((await found("cat Tom"))[0]).toBe(texts[0]);
      expect(await found("cat", 1)).toHaveLength(1);
      expect(await found("cat", 0)).toEqual([]);
    });

    it("finds words without their marks", async () => {
      expect(await found("jurgen")).toEqual([texts[3]]);
    });

    it("puts what was written as code first", async () => {
      expect((await found("C++"))[0]).toBe(texts[2]);
      expect((await found("where is a_b used?"))[0]).toBe(texts[4]);
      expect((await found("#42"))[0]).toBe(texts[1]);
    });

    it("falls back to parts of words", async () => {
      expect(await found("neighb")).toEqual([texts[5]]);
      expect(await found("zebra")).toEqual([]);
      expect(await found("  ")).toEqual([]);
    });

    it("never shows another person's", async () => {
      for (const query of ["Secret", "cat", "C++ Secret", "secre"])
        expect((await found(query)).join()).not.toContain("Secret");
      expect(must(await db.memories.search(scopeOf(bob), "cat", 9, [bob.id]))).toHaveLength(1);
    });

    it("creates one memory per call", async () => {
      const memory = aMemory(ada, "unique marmalade");
      const again = { ...aMemory(ada, "unique jam"), callId: memory.callId };
      expect(must(await db.memories.create(me, memory))).toEqual(memory);
      expect(must(await db.memories.create(me, again))).toEqual(memory);
      expect(await found("jam")).toEqual([]);
      expect(await found("marmalade")).toEqual(["unique marmalade"]);
    });

    it("takes every query as words, whatever syntax it holds", async () => {
      const piece = fc.constantFrom(
        '"',
        "'",
        "*",
        "(",
        ")",
        "AND",
        "NEAR(",
        "OR NOT",
        "^",
        "words:",
        "-",
        "{",
        "\u0000",
        "cat",
        "é",
        "--",
        ";drop table memories",
      );
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(
            fc.string({ unit: "grapheme", maxLength: 40 }),
            fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(" ")),
          ),
          async (query) => {
            const result = await db.memories.search(me, query, 20, [ada.id]);
            expect(result.ok).toBe(true);
          },
        ),
        { numRuns: 120 },
      );
      expect(await found("cat")).toHaveLength(2);
    });
  });

  describe("the audience of a search", () => {
    const carl = person(ada.tenantId);
    const secret = label("authority", [ada.id]);
    const shared = label("authority", [carl.id, ada.id, bob.id]);
    const world = async (): Promise<Database> => {
      const other = await openTest(engine.options());
      must(
        await other.memories.create(
          me,
          aMemory(ada, "the party is at the lake, and so is the code a_b", { label: shared }),
        ),
      );
      must(
        await other.memories.create(me, aMemory(ada, "the party costs 5 a_b", { label: label("authority", "public") })),
      );
      for (let n = 0; n < 600; n += 1)
        must(await other.memories.create(me, aMemory(ada, `party party party a_b ${String(n)}`, { label: secret })));
      return other;
    };
    const cases: readonly (readonly [string, Readers, number])[] = [
      ["the owner alone", [ada.id], 602],
      ["a group", [ada.id, bob.id, carl.id], 2],
      ["a group with a stranger", [ada.id, person().id], 1],
      ["the public", "public", 1],
      ["nobody at all", [], 602],
    ];

    it("leaves out what somebody in it may not know, before the limit counts", async () => {
      const other = await world();
      for (const [who, audience, known] of cases) {
        const all = must(await other.memories.search(me, "party", 1000, audience));
        expect([who, all.length]).toEqual([who, known]);
        expect(all.every(({ label: { readers } }) => readableBy(readers, audience))).toBe(true);
        // Hundreds of private ones match better and are newer: they do not crowd out the one that may be known.
        for (const query of ["party", "a_b", "part"]) {
          const few = must(await other.memories.search(me, query, 1, audience));
          expect([who, query, few.length]).toEqual([who, query, 1]);
          expect(few.every(({ label: { readers } }) => readableBy(readers, audience))).toBe(true);
        }
      }
      await other.close();
    });

    it("decides as the contract does, for any readers and any audience", async () => {
      const other = await openTest(engine.options());
      const people = [ada.id, bob.id, carl.id];
      const readers = fc.oneof(fc.constant<Readers>("public"), fc.subarray(people));
      await fc.assert(
        fc.asyncProperty(readers, readers, async (known, audience) => {
          const memory = must(
            await other.memories.create(me, aMemory(ada, "zebra", { label: label("authority", known) })),
          );
          const found = must(await other.memories.search(me, "zebra", 9, audience));
          expect(found.length === 1).toBe(readableBy(known, audience));
          must(await other.memories.remove(me, memory.id));
        }),
        { numRuns: 60 },
      );
      await other.close();
    });
  });

  describe("unplug: with an audience that everybody's memories reach, a private one comes into a group's view", () => {
    it("so the audience must be the group's", async () => {
      const other = await openTest(engine.options());
      const memory = must(
        await other.memories.create(me, aMemory(ada, "my pin is 0000", { label: label("authority", [ada.id]) })),
      );
      expect(must(await other.memories.search(me, "pin", 9, []))).toEqual([memory]);
      expect(must(await other.memories.search(me, "pin", 9, [ada.id, bob.id]))).toEqual([]);
      expect(must(await other.memories.search(me, "0000", 9, "public"))).toEqual([]);
      await other.close();
    });
  });

  describe("a memory that is removed", () => {
    it("is not listed or found any more, and its words are gone from the file", async () => {
      const options = engine.options();
      const other = await openTest(options);
      const [kept, gone, newest] = [
        aMemory(ada, "cat kept"),
        aMemory(ada, "cat xylophone"),
        aMemory(ada, "cat newest"),
      ];
      for (const memory of [kept, gone, newest]) must(await other.memories.create(me, memory));
      expect(must(await other.memories.list(me, 2))).toEqual([newest, gone]);
      expect(must(await other.memories.list(me, 0))).toEqual([]);
      expect(must(await other.memories.find(me, gone.id))).toEqual(gone);

      const wordsInFile = async (): Promise<string> => {
        if (engine.engine === "postgres") return engine.bytesOnDisk(options).toString("latin1");
        const raw = await engine.intruder(options);
        const rows = await raw.ask("select block from memory_words_data");
        await raw.close();
        return Buffer.concat(rows.map(({ block }) => block as Buffer)).toString("latin1"); // the blocks of the index
      };
      // What holds no words cannot keep them.
      if (engine.engine === "sqlite") expect(await wordsInFile()).toContain("xylophone");
      must(await other.memories.remove(me, gone.id));
      expect(must(await other.memories.list(me, 9))).toEqual([newest, kept]);
      expect(must(await other.memories.search(me, "xylophone", 9, [ada.id]))).toEqual([]);
      expect(must(await other.memories.search(me, "cat", 9, [ada.id]))).toHaveLength(2);
      expect(await wordsInFile()).not.toContain("xylophone");
      expect(codeOf(await other.memories.find(me, gone.id))).toBe("NOT_FOUND");
      expect(codeOf(await other.memories.remove(me, gone.id))).toBe("NOT_FOUND");

      // The newest one's place is taken by the next: nothing of the old words may lead to it.
      must(await other.memories.remove(me, newest.id));
      const next = must(await other.memories.create(me, aMemory(ada, "dog")));
      expect(must(await other.memories.search(me, "newest", 9, [ada.id]))).toEqual([]);
      expect(must(await other.memories.search(me, "dog", 9, [ada.id]))).toEqual([next]);
      expect(must(await other.check())).toEqual([]);
      await other.close();
    });
  });
});

describe("unplug: without quoting, a query has the power of the search language", () => {
  it("NOT would exclude and a quote would break", async () => {
    expect(anyOf(wordsOf('cat" NOT Tom*'))).toBe('"cat" OR "not" OR "tom"');
    expect(codeLike("it's (fine), really-good. C++!")).toEqual(["C++"]);
    const ada = person();
    const options = optionsFor(temporaryFile());
    const other = await openTest(options);
    must(await other.memories.create(scopeOf(ada), aMemory(ada, "cat Tom")));
    await other.close();
    const raw = openWithKey(options.file, options.key, { readonly: true });
    const match = raw.prepare("select count(*) from memory_words where memory_words match ?").pluck();
    expect(match.get("cat NOT tom")).toBe(0);
    expect(match.get(anyOf(wordsOf("cat NOT Tom")))).toBe(1);
    expect(() => match.get('cat"')).toThrow("unterminated string");
    raw.close();
  });
});
