import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from "kysely";
import type { SqlBool } from "kysely";
import type { Dialect, WordIndex } from "./dialect.ts";
import type { Schema } from "./schema.ts";

/**
 * FTS5 inside the encrypted file, without the text (contentless). It is given folded words in alphabetical order, so it holds
 * which words a text has and not what it says.
 */
const wordsIn = (table: string): WordIndex => {
  const name = sql.table(table);
  return {
    insert: (ordinal, terms) => sql`insert into ${name} (rowid, words) values (${ordinal}, ${terms})`,
    remove: (ordinals) => sql`delete from ${name} where rowid in ${ordinals}`,
    // Until then the engine keeps removed words under a tombstone.
    purge: () => sql`insert into ${name} (${name}) values ('optimize')`,
    clear: () => sql`insert into ${name} (${name}) values ('delete-all')`,
    ranked: (terms) => sql`(select rowid as ordinal, bm25(${name}) as rank from ${name} where ${name} match ${terms})`,
    // A rowid below a bound is looked up from there, newest first, without sorting.
    latest: (terms, _count, before, limit) =>
      sql`select rowid as ordinal from ${name} where ${name} match ${terms} and rowid < ${before} order by rowid desc limit ${limit}`,
  };
};

export const sqliteDialect: Dialect = {
  engine: "sqlite",
  types: Object.freeze({ engine: "sqlite", bytes: "BLOB", ordinal: "INTEGER PRIMARY KEY" }),
  search: Object.freeze({ phrase: true, prefix: true }),
  builder: new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  columns: (statement) => statement,
  audienceHas: (column, principal) =>
    sql<SqlBool>`exists (select 1 from json_each(${column}) as member where member.value = ${principal})`,
  elementsOf: (array) => sql`(select element.value from json_each(${array}) as element)`,
  inMemory: <T>(column: Parameters<Dialect["inMemory"]>[0]) => sql<T>`+${column}`,
  readersReach: (readers, audience) =>
    sql<SqlBool>`(${readers} = '"public"' or not exists (select 1 from json_each(${audience}) as listener where listener.value not in (select reader.value from json_each(${readers}) as reader)))`,
  listDescending: (column) => sql`json_group_array(${column} order by ${column} desc)`,
  // One process opens the file, so whoever else held a lease is gone.
  holderIsGone: (holder, self) => sql<SqlBool>`${holder} <> ${self}`,
  words: Object.freeze({ keyed: false, memories: wordsIn("memory_words"), messages: wordsIn("message_words") }),
};
