import { err, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import pg from "pg";
import type { Snapshot, SnapshotRows, SnapshotValue } from "../../backup/index.ts";
import { FACTS_OF_ONE_FILE, isInBackups, parentsFirst } from "../backup-tables.ts";
import { connectionConfig } from "./connect.ts";
import type { PostgresPlace } from "./connect.ts";
import { PostgresFault, postgresError } from "./errors.ts";

const PAGE_ROWS = 200;
const TABLES = `SELECT c.relname, coalesce(array_agg(p.relname::text) FILTER (WHERE p.relname IS NOT NULL), '{}')
  FROM pg_class c
  LEFT JOIN pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f'
  LEFT JOIN pg_class p ON p.oid = f.confrelid
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' GROUP BY c.relname`;
const KEY_COLUMNS = `SELECT a.attname FROM pg_index i
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
  WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)`;

const named = (thrown: unknown): Result<never> => {
  const error = postgresError(thrown);
  if (error === null) throw thrown;
  return err(error);
};

const rowsOf = async (
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly (readonly unknown[])[]> =>
  (await client.query<unknown[]>({ text, values: [...values], rowMode: "array" })).rows;

const valueOf = (value: unknown): SnapshotValue => {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  throw new PostgresFault("a column holds what no migration made");
};

async function* pagesOf(client: pg.ClientBase, table: string): AsyncGenerator<Result<SnapshotRows>> {
  try {
    const keys = (await rowsOf(client, KEY_COLUMNS, [`"${table}"`])).map(([name]) => `"${String(name)}"`);
    const skipped =
      table === "facts" ? `WHERE name NOT IN (${FACTS_OF_ONE_FILE.map((fact) => `'${fact}'`).join(", ")})` : "";
    const order = keys.length === 0 ? "" : `ORDER BY ${keys.join(", ")}`;
    await client.query(`DECLARE pages NO SCROLL CURSOR FOR SELECT * FROM "${table}" ${skipped} ${order}`);
    for (;;) {
      const page = await client.query<unknown[]>({ text: `FETCH ${String(PAGE_ROWS)} FROM pages`, rowMode: "array" });
      yield ok({ columns: page.fields.map(({ name }) => name), rows: page.rows.map((row) => row.map(valueOf)) });
      if (page.rows.length < PAGE_ROWS) break;
    }
    await client.query("CLOSE pages");
  } catch (thrown) {
    yield named(thrown);
  }
}

/** One moment of a schema: a connection of its own in a transaction that only reads. Writers go on in later versions of the rows. */
export const postgresSnapshot = async (config: pg.ClientConfig): Promise<Result<Snapshot>> => {
  const client = new pg.Client(config);
  client.on("error", () => undefined);
  const close = async (): Promise<void> => {
    await client.end().catch(() => undefined); // it only read: there is nothing to be lost
  };
  try {
    await client.connect();
    await client.query(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0",
    );
    const [version] = await rowsOf(client, "SELECT coalesce(max(version), 0) FROM schema_versions");
    const [records] = await rowsOf(client, "SELECT coalesce(max(sequence) + 1, 0) FROM audit_details");
    const found = await rowsOf(client, TABLES);
    const tables = parentsFirst(
      found
        .map(([name, parents]) => ({ name: String(name), parents: Array.isArray(parents) ? parents.map(String) : [] }))
        .filter(({ name }) => isInBackups(name)),
    );
    return ok({
      engine: "postgres",
      schemaVersion: Number(version?.[0]),
      auditRecords: Number(records?.[0]),
      tables,
      rows: (table) => {
        if (!tables.includes(table)) throw new Error("this table is not in the snapshot");
        return pagesOf(client, table);
      },
      close,
    });
  } catch (thrown) {
    await close();
    return named(thrown);
  }
};

/** The same of a schema that nobody here has open; null where there is none. */
export const snapshotOfSchema = async (
  connection: string | PostgresPlace,
  schema: string,
): Promise<Result<Snapshot> | null> => {
  const config = connectionConfig(connection, schema);
  const client = new pg.Client(config);
  client.on("error", () => undefined);
  try {
    await client.connect();
    const [found] = await rowsOf(client, "SELECT to_regclass('schema_versions') IS NOT NULL");
    if (found?.[0] !== true) return null;
  } catch (thrown) {
    return named(thrown);
  } finally {
    await client.end().catch(() => undefined); // it only looked
  }
  return postgresSnapshot(config);
};
