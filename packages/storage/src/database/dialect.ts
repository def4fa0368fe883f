import type { SearchAbilities } from "@moltbot/contracts";
import type { Kysely, RawBuilder, SqlBool } from "kysely";
import type { Schema } from "./schema.ts";

/**
 * How the engine spells the types of columns; what a migration is made from. Everywhere else a migration writes `TEXT` and
 * `INTEGER`: `columns` of the dialect turns them into what compares byte by byte and holds 64 bits.
 */
export interface ColumnTypes {
  readonly engine: "sqlite" | "postgres";
  readonly bytes: string;
  /** A number that the engine gives to each new row, rising; the primary key. */
  readonly ordinal: string;
}

/**
 * A search index: which terms belong to which ordinal. It never holds a text. Terms are folded words, in the clear inside an
 * encrypted file and as keyed MACs (hex) elsewhere; `word-terms.ts` writes them as the engine reads them.
 */
export interface WordIndex {
  /** Stores the terms of this ordinal, of which it has none yet. */
  insert(ordinal: RawBuilder<number>, terms: RawBuilder<string>): RawBuilder<unknown>;
  /** Takes what belongs to these ordinals (a subquery) out of every search. */
  remove(ordinals: RawBuilder<unknown>): RawBuilder<unknown>;
  /** Rewrites the index without what was taken out; null where that happens with the row. */
  purge(): RawBuilder<unknown> | null;
  /** Takes out everything. */
  clear(): RawBuilder<unknown>;
  /** What has any of the terms, with its rank: lower is better. */
  ranked(terms: RawBuilder<string>): RawBuilder<{ ordinal: number; rank: number }>;
  /** Ordinals below `before` that have all the terms, which are `count`; the greatest first. */
  latest(
    terms: RawBuilder<string>,
    count: number,
    before: RawBuilder<number>,
    limit: RawBuilder<number>,
  ): RawBuilder<{ ordinal: number }>;
}

/** All that the two engines say differently. Everything else is written once. */
export interface Dialect {
  readonly engine: "sqlite" | "postgres";
  readonly types: ColumnTypes;
  readonly search: SearchAbilities;
  /** Builds and compiles statements only; the engine runs them. */
  readonly builder: Kysely<Schema>;
  /** A statement of a migration as the engine runs it. */
  columns(statement: string): string;
  /** Whether a JSON array column holds a text. */
  audienceHas(column: RawBuilder<unknown>, principal: RawBuilder<unknown>): RawBuilder<SqlBool>;
  /** The elements of a JSON array of texts, as a subquery of one column. */
  elementsOf(array: RawBuilder<unknown>): RawBuilder<unknown>;
  /** A column that no index is looked up by: for a condition that must not choose the order of the rows. */
  inMemory<T>(column: RawBuilder<T>): RawBuilder<T>;
  /**
   * Whether everybody in `audience` may know what `readers` may (both JSON: `"public"` or ids); as `readableBy` decides. A text
   * counts as an array of itself, and no reader is called "public".
   */
  readersReach(readers: RawBuilder<unknown>, audience: RawBuilder<unknown>): RawBuilder<SqlBool>;
  /** JSON array of a text column of a subquery, the greatest first. */
  listDescending(column: RawBuilder<unknown>): RawBuilder<unknown>;
  /** Whether the process that holds a lease is gone; `self` is who asks. */
  holderIsGone(holder: RawBuilder<unknown>, self: RawBuilder<unknown>): RawBuilder<SqlBool>;
  readonly words: {
    /** Whether terms are MACs, because the engine's files are not encrypted. */
    readonly keyed: boolean;
    readonly memories: WordIndex;
    readonly messages: WordIndex;
  };
}
