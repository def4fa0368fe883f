import { sql } from "kysely";
import type { RawBuilder } from "kysely";

/**
 * The search index over memories: FTS5 inside the encrypted file, without the text (contentless). It is given folded words in
 * alphabetical order, so it holds which words a memory has and not what it says. A PostgreSQL dialect has a tsvector here.
 */
export const CREATE_MEMORY_WORDS =
  "CREATE VIRTUAL TABLE memory_words USING fts5(words, content='', contentless_delete=1, tokenize='ascii')";

/** Stores the words of the memory with this ordinal. */
export const insertWords = (ordinal: RawBuilder<number>, text: RawBuilder<string>): RawBuilder<unknown> =>
  sql`insert into memory_words (rowid, words) values (${ordinal}, ${text})`;

/** Takes the words of the memory with this ordinal out of every search. */
export const removeWords = (ordinal: RawBuilder<number>): RawBuilder<unknown> =>
  sql`delete from memory_words where rowid = ${ordinal}`;

/** Rewrites the index without what was taken out: until then the engine keeps removed words under a tombstone. */
export const purgeWords = (): RawBuilder<unknown> => sql`insert into memory_words (memory_words) values ('optimize')`;

/** Joins the index, keeps what matches and names the rank; lower is better. */
export const matchingWords = (query: RawBuilder<string>): RawBuilder<{ ordinal: number; rank: number }> =>
  sql<{
    ordinal: number;
    rank: number;
  }>`(select rowid as ordinal, bm25(memory_words) as rank from memory_words where memory_words match ${query})`;

const WORD = /[\p{L}\p{N}]+/gu;
const MOST_WORDS = 32;

/** The words of a text, in lower case and without marks; what is left of each is letters and digits, one token for the index. */
export const foldedWords = (text: string): readonly string[] =>
  text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").match(WORD) ?? [];

/** The different words of a query, at most 32; everything else is dropped, so no character of it can be search syntax. */
export const wordsOf = (query: string): readonly string[] => [...new Set(foldedWords(query))].slice(0, MOST_WORDS);

/** A query for any of the words, each quoted so that `AND`, `NEAR` and `*` are only words. */
export const anyOf = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(" OR ");

const SENTENCE_MARKS = /^[.,;:!?"“”'’()[\]{}…]+|[.,;:!?"“”'’()[\]{}…]+$/gu;
/** Parts of a query that the tokenizer would take apart, such as `C++`, `a_b` or `#42`; marks of the sentence around them are not theirs. */
export const codeLike = (query: string): readonly string[] =>
  [...new Set(query.split(/\s+/u).map((part) => part.replace(SENTENCE_MARKS, "")))]
    .filter((part) => /[^\p{L}\p{N}\p{M}'’-]/u.test(part))
    .slice(0, MOST_WORDS);
