import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { WordIndex } from "./dialect.ts";
import type { DefineQuery, Query, SqlValue } from "./query.ts";

type Nothing = Record<never, SqlValue>;

/** What changes an index of words; each inside a step of a gate. */
export interface IndexQueries {
  readonly index: Query<{ ordinal: number; terms: string }, unknown>;
  readonly forget: Query<{ ordinal: number }, unknown>;
  /** Rewrites the index without what was taken out. */
  readonly purge: { run(scope: null, values: Nothing): Promise<unknown> };
  readonly clear: Query<Nothing, unknown>;
}

/** The statements on an index of words. */
export const indexQueries = (define: DefineQuery, words: WordIndex): IndexQueries => {
  const raw = <A extends { readonly [Name in keyof A]: SqlValue }>(
    statement: (slot: { readonly [Name in keyof A]: RawBuilder<A[Name]> }) => RawBuilder<unknown>,
  ) => define<A, unknown>(({ db, slot }) => ({ compile: () => statement(slot).compile(db) as never })); // a raw statement returns no rows
  const purge = words.purge();
  return {
    index: raw<{ ordinal: number; terms: string }>((slot) => words.insert(slot.ordinal, slot.terms)),
    forget: raw<{ ordinal: number }>((slot) => words.remove(sql`(${slot.ordinal})`)),
    purge: purge === null ? { run: () => Promise.resolve(0) } : raw<Nothing>(() => purge),
    clear: raw<Nothing>(() => words.clear()),
  };
};
