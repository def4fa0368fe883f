import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from "kysely";
import type { RawBuilder, SqlBool } from "kysely";
import type { Schema } from "./schema.ts";

/** Column types that the two databases spell differently. */
export const TYPES = Object.freeze({ bytes: "BLOB", ordinal: "INTEGER PRIMARY KEY" });

/** Builds and compiles statements only; the connection runs them. */
export const builder = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** Whether a JSON array column holds a text. */
export const audienceHas = (column: RawBuilder<unknown>, principal: RawBuilder<unknown>): RawBuilder<SqlBool> =>
  sql<SqlBool>`exists (select 1 from json_each(${column}) as member where member.value = ${principal})`;

/** The elements of a JSON array parameter, as a subquery of one column. */
export const elementsOf = (array: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`(select element.value from json_each(${array}) as element)`;

/** A column that no index is looked up by: for a condition that must not choose the order of the rows. */
export const inMemory = <T>(column: RawBuilder<T>): RawBuilder<T> => sql<T>`+${column}`;

/**
 * Whether everybody in `audience` (JSON: `"public"` or ids) may know what a JSON label column says; as `readableBy` decides. A
 * text counts as an array of itself, and no reader is called "public".
 */
export const labelReaches = (label: RawBuilder<unknown>, audience: RawBuilder<unknown>): RawBuilder<SqlBool> =>
  sql<SqlBool>`(json_extract(${label}, '$.readers') = 'public' or not exists (select 1 from json_each(${audience}) as listener where listener.value not in (select reader.value from json_each(${label}, '$.readers') as reader)))`;

/** Whether a text column holds a text, byte by byte. */
export const holdsText = (column: RawBuilder<unknown>, text: RawBuilder<unknown>): RawBuilder<SqlBool> =>
  sql<SqlBool>`instr(${column}, ${text}) > 0`;
