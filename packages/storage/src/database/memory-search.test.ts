import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "./index.ts";
import { anyOf, codeLike, wordsOf } from "./memory-words.ts";
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
  db = await openTest(optionsFor(temporaryFile(), { sealer: memorySealer() }));
  for (const text of texts) must(await db.memories.create(me, aMemory(ada, text)));
  must(await db.memories.create(scopeOf(bob), aMemory(bob, "my cat is called Secret")));
});
afterAll(async () => {
  await db.close();
  removeFolders();
});
const found = async (query: string, limit = 10): Promise<readonly string[]> =>
  must(await db.memories.search(me, query, limit)).map((memory) => memory.text);

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
    expect(must(await db.memories.search(scopeOf(bob), "cat", 9))).toHaveLength(1);
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
          const result = await db.memories.search(me, query, 20);
          expect(result.ok).toBe(true);
        },
      ),
      { numRuns: 120 },
    );
    expect(await found("cat")).toHaveLength(2);
  });
});

describe("a memory that is removed", () => {
  it("is not listed or found any more, and its words are gone from the file", async () => {
    const { openWithKey } = await import("./open-file.ts");
    const options = optionsFor(temporaryFile());
    const other = await openTest(options);
    const [kept, gone, newest] = [aMemory(ada, "cat kept"), aMemory(ada, "cat xylophone"), aMemory(ada, "cat newest")];
    for (const memory of [kept, gone, newest]) must(await other.memories.create(me, memory));
    expect(must(await other.memories.list(me, 2))).toEqual([newest, gone]);
    expect(must(await other.memories.list(me, 0))).toEqual([]);
    expect(must(await other.memories.find(me, gone.id))).toEqual(gone);

    const wordsInFile = (): string => {
      const raw = openWithKey(options.file, options.key, { readonly: true });
      const blocks = raw.prepare<[], Buffer>("select block from memory_words_data").pluck().all();
      raw.close();
      return Buffer.concat(blocks).toString("latin1");
    };
    expect(wordsInFile()).toContain("xylophone");
    must(await other.memories.remove(me, gone.id));
    expect(must(await other.memories.list(me, 9))).toEqual([newest, kept]);
    expect(must(await other.memories.search(me, "xylophone", 9))).toEqual([]);
    expect(must(await other.memories.search(me, "cat", 9))).toHaveLength(2);
    expect(wordsInFile()).not.toContain("xylophone");
    expect(codeOf(await other.memories.find(me, gone.id))).toBe("NOT_FOUND");
    expect(codeOf(await other.memories.remove(me, gone.id))).toBe("NOT_FOUND");

    // The newest one's place is taken by the next: nothing of the old words may lead to it.
    must(await other.memories.remove(me, newest.id));
    const next = must(await other.memories.create(me, aMemory(ada, "dog")));
    expect(must(await other.memories.search(me, "newest", 9))).toEqual([]);
    expect(must(await other.memories.search(me, "dog", 9))).toEqual([next]);
    expect(must(await other.check())).toEqual([]);
    await other.close();
  });
});

describe("unplug: without quoting, a query has the power of the search language", () => {
  it("NOT would exclude and a quote would break", async () => {
    expect(anyOf(wordsOf('cat" NOT Tom*'))).toBe('"cat" OR "not" OR "tom"');
    expect(codeLike("it's (fine), really-good. C++!")).toEqual(["C++"]);
    const { openWithKey } = await import("./open-file.ts");
    const options = optionsFor(temporaryFile());
    const other = await openTest(options);
    must(await other.memories.create(me, aMemory(ada, "cat Tom")));
    await other.close();
    const raw = openWithKey(options.file, options.key, { readonly: true });
    const match = raw.prepare("select count(*) from memory_words where memory_words match ?").pluck();
    expect(match.get("cat NOT tom")).toBe(0);
    expect(match.get(anyOf(wordsOf("cat NOT Tom")))).toBe(1);
    expect(() => match.get('cat"')).toThrow("unterminated string");
    raw.close();
  });
});
