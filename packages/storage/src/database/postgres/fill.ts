import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, Result } from "@moltbot/contracts";
import pg from "pg";
import type { SnapshotRow, SnapshotValue } from "../../backup/index.ts";
import { FACTS_OF_ONE_FILE, isInBackups } from "../backup-tables.ts";
import { postgresDialect } from "../dialect-postgres.ts";
import type { FillingDatabase } from "../fill-sqlite.ts";
import { MIGRATIONS } from "../migrate.ts";
import type { Migration } from "../migrate.ts";
import { connectionConfig } from "./connect.ts";
import type { PostgresPlace } from "./connect.ts";
import { postgresError } from "./errors.ts";
import { migratePostgres } from "./migrate.ts";

/** A statement takes at most 65,535 values. */
const MOST_VALUES = 30_000;
const PLAIN_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const CHILDREN = `SELECT quote_ident(c.relname), quote_ident(f.conname) FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
  WHERE f.contype = 'f' AND f.connamespace = current_schema()::regnamespace`;
const COUNTERS = `SELECT quote_ident(c.relname), quote_ident(a.attname), pg_get_serial_sequence(quote_ident(c.relname), a.attname)
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attidentity <> ''`;
const COLUMNS = `SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped`;

const problem = (text: string): Result<never> => err(moltbotError("DATABASE_DAMAGED", { problem: text }));
const named = (thrown: unknown): Result<never> => {
  const error = postgresError(thrown);
  if (error === null) throw thrown;
  return error.code === "NOT_FOUND" ? problem("a row of the backup names a parent that is not in it") : err(error);
};

const texts = async (client: pg.ClientBase, text: string, values: readonly unknown[] = []) =>
  (await client.query<unknown[]>({ text, values: [...values], rowMode: "array" })).rows.map((row) => row.map(String));

/** Parents may come after their children; they are looked for in the end. */
const waitForParents = async (client: pg.ClientBase): Promise<void> => {
  for (const [table, constraint] of await texts(client, CHILDREN))
    await client.query(
      `ALTER TABLE ${String(table)} ALTER CONSTRAINT ${String(constraint)} DEFERRABLE INITIALLY DEFERRED`,
    );
};
const lookForParents = async (client: pg.ClientBase): Promise<void> => {
  await client.query("SET CONSTRAINTS ALL IMMEDIATE");
  for (const [table, constraint] of await texts(client, CHILDREN))
    await client.query(`ALTER TABLE ${String(table)} ALTER CONSTRAINT ${String(constraint)} NOT DEFERRABLE`);
};
/** The next row gets a number that none of the restored ones has. */
const countOn = async (client: pg.ClientBase): Promise<void> => {
  for (const [table, column, sequence] of await texts(client, COUNTERS))
    await client.query(
      `SELECT setval($1, (SELECT coalesce(max(${String(column)}), 0) + 1 FROM ${String(table)}), false)`,
      [sequence],
    );
};

const bytesOf = (value: SnapshotValue): unknown => (value instanceof Uint8Array ? Buffer.from(value) : value);

const fill = (client: pg.Client): FillingDatabase => {
  const known = new Map<string, readonly string[]>();
  const isKnown = async (table: string, columns: readonly string[]): Promise<boolean> => {
    const there = known.get(table) ?? (await texts(client, COLUMNS, [table])).map(([name]) => String(name));
    known.set(table, there);
    return isInBackups(table) && columns.length > 0 && columns.every((column) => there.includes(column));
  };
  const insertSome = async (table: string, columns: readonly string[], rows: readonly SnapshotRow[]): Promise<void> => {
    const names = columns.map((column) => `"${column}"`).join(", ");
    const marks = rows.map(
      (_row, at) => `(${columns.map((_column, place) => `$${String(at * columns.length + place + 1)}`).join(", ")})`,
    );
    const replaces = table === "facts" ? "ON CONFLICT (name) DO UPDATE SET value = excluded.value" : "";
    await client.query({
      text: `INSERT INTO "${table}" (${names}) VALUES ${marks.join(", ")} ${replaces}`,
      values: rows.flatMap((row) => row.map(bytesOf)),
    });
  };
  return {
    insert: async (table, columns, rows) => {
      try {
        if (!(await isKnown(table, columns)))
          return problem("the backup has a table or a column that its version did not have");
        const name = columns.indexOf("name");
        const kept = table === "facts" ? rows.filter((row) => !FACTS_OF_ONE_FILE.includes(String(row[name]))) : rows;
        const each = Math.max(1, Math.floor(MOST_VALUES / columns.length));
        for (let from = 0; from < kept.length; from += each)
          await insertSome(table, columns, kept.slice(from, from + each));
        return done;
      } catch (thrown) {
        return named(thrown);
      }
    },
    finish: async () => {
      try {
        await lookForParents(client);
        await countOn(client);
        await client.query("COMMIT");
        return done;
      } catch (thrown) {
        return named(thrown);
      } finally {
        await client.end().catch(() => undefined); // the commit was answered or was not
      }
    },
    abandon: async () => {
      await client.end().catch(() => undefined); // the server takes back what was not committed
    },
  };
};

export interface PostgresSchemaPlace {
  readonly connection: string | PostgresPlace;
  readonly schema: string;
}

/**
 * Makes a new schema with the tables of `schemaVersion`, to be filled in one transaction; whoever opens it afterwards brings it up
 * to date. CONFLICT when there is one of that name.
 */
export const newPostgresSchema = async (
  { connection, schema, clock }: PostgresSchemaPlace & { readonly clock: ClockPort },
  schemaVersion: number,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<Result<FillingDatabase>> => {
  if (!PLAIN_NAME.test(schema)) return problem("the schema has no plain name");
  const client = new pg.Client(connectionConfig(connection, schema));
  client.on("error", () => undefined);
  try {
    await client.connect();
    const [found] = await texts(client, "SELECT count(*) FROM pg_namespace WHERE nspname = $1", [schema]);
    if (found?.[0] !== "0") {
      await client.end();
      return err(moltbotError("CONFLICT", { kind: "schema" }));
    }
    const upTo = migrations.filter(({ version }) => version <= schemaVersion);
    const migrated = await migratePostgres(client, schema, postgresDialect(0), upTo, clock, "nothing to convert", 0n);
    if (!migrated.ok) {
      await client.end();
      return migrated;
    }
    await client.query("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0");
    await waitForParents(client);
    return ok(fill(client));
  } catch (thrown) {
    await client.end().catch(() => undefined); // the first failure is the one to tell
    return named(thrown);
  }
};

/**
 * Puts a schema in the place of another, which is kept under the name `aside`, both or neither. May be repeated: a schema that is not
 * there any more has moved already.
 */
export const takePostgresPlace = async (
  connection: PostgresSchemaPlace["connection"],
  names: { readonly from: string; readonly to: string; readonly aside: string },
): Promise<Result<void>> => {
  if (![names.from, names.to, names.aside].every((name) => PLAIN_NAME.test(name)))
    return problem("the schema has no plain name");
  const client = new pg.Client(connectionConfig(connection, names.to));
  client.on("error", () => undefined);
  const exists = async (name: string): Promise<boolean> =>
    (await texts(client, "SELECT 1 FROM pg_namespace WHERE nspname = $1", [name])).length > 0;
  try {
    await client.connect();
    await client.query("BEGIN");
    if (await exists(names.from)) {
      if (await exists(names.to)) {
        // Words are not kept aside: whoever opens it again makes its indexes anew.
        const [indexed] = await texts(client, "SELECT to_regclass('word_index') IS NOT NULL");
        if (indexed?.[0] === "true")
          await client.query("TRUNCATE word_index, message_index; DELETE FROM facts WHERE name = 'search index'");
        await client.query(`ALTER SCHEMA ${names.to} RENAME TO ${names.aside}`);
      }
      await client.query(`ALTER SCHEMA ${names.from} RENAME TO ${names.to}`);
    }
    await client.query("COMMIT");
    return done;
  } catch (thrown) {
    return named(thrown);
  } finally {
    await client.end().catch(() => undefined); // the commit was answered or was not
  }
};

/** Removes the schemas that a killed restore left half filled. */
export const dropPostgresSchemas = async (
  connection: PostgresSchemaPlace["connection"],
  prefix: string,
): Promise<Result<void>> => {
  if (!PLAIN_NAME.test(prefix)) return problem("the schema has no plain name");
  const client = new pg.Client(connectionConfig(connection, prefix));
  client.on("error", () => undefined);
  try {
    await client.connect();
    const left = await texts(client, "SELECT quote_ident(nspname) FROM pg_namespace WHERE starts_with(nspname, $1)", [
      prefix,
    ]);
    for (const [schema] of left) await client.query(`DROP SCHEMA ${String(schema)} CASCADE`);
    return done;
  } catch (thrown) {
    return named(thrown);
  } finally {
    await client.end().catch(() => undefined); // every schema went by itself
  }
};
