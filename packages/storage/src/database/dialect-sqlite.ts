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
