import { err, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import type { Snapshot, SnapshotRows, SnapshotValue } from "../backup/index.ts";
import { FACTS_OF_ONE_FILE, isInBackups, parentsFirst } from "./backup-tables.ts";
import { driverError } from "./driver-error.ts";
import { letOthersWork } from "./let-others-work.ts";
import { openWithKey } from "./open-file.ts";

const PAGE_ROWS = 100;
const PLACE = "place of the row";

const pluck = <T>(handle: Sqlite.Database, source: string, ...bound: readonly SnapshotValue[]): readonly T[] =>
  handle
    .prepare<unknown[], T>(source)
    .pluck()
    .all(...bound);

const named = (thrown: unknown): Result<never> => {
  const error = driverError(thrown);
  if (error === null) throw thrown;
  return err(error);
};

const tablesOf = (handle: Sqlite.Database): readonly string[] =>
  parentsFirst(
    pluck<string>(
      handle,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
      .filter(isInBackups)
      .map((name) => ({
        name,
        parents: pluck<string>(handle, 'SELECT "table" FROM pragma_foreign_key_list(?)', name),
      })),
  );

async function* pagesOf(handle: Sqlite.Database, table: string): AsyncGenerator<Result<SnapshotRows>> {
  try {
    const columns = pluck<string>(handle, "SELECT name FROM pragma_table_info(?)", table);
    const names = columns.map((column) => `"${column}"`).join(", ");
    const skipped =
      table === "facts" ? `AND name NOT IN (${FACTS_OF_ONE_FILE.map((fact) => `'${fact}'`).join(", ")})` : "";
    const page = handle.prepare<[number], Readonly<Record<string, SnapshotValue>>>(
      `SELECT rowid AS "${PLACE}", ${names} FROM "${table}" WHERE rowid > ? ${skipped} ORDER BY rowid LIMIT ${String(PAGE_ROWS)}`,
    );
    for (let after = Number.MIN_SAFE_INTEGER; ;) {
      const found = page.all(after);
      yield ok({ columns, rows: found.map((row) => columns.map((column) => row[column] ?? null)) });
      if (found.length < PAGE_ROWS) return;
      after = Number(found.at(-1)?.[PLACE]);
      await letOthersWork();
    }
  } catch (thrown) {
    yield named(thrown);
  }
}

/**
 * One moment of an encrypted file that is open elsewhere: a second connection that only reads, inside a transaction of its own.
 * Writers go on in the write-ahead log.
 */
export const sqliteSnapshot = (file: string, key: Uint8Array): Result<Snapshot> => {
  let handle: Sqlite.Database | undefined;
  try {
    const reader = openWithKey(file, key, { readonly: true });
    handle = reader;
    reader.exec("BEGIN");
    const [schemaVersion = 0] = pluck<number>(reader, "SELECT coalesce(max(version), 0) FROM schema_versions");
    const [auditRecords = 0] = pluck<number>(reader, "SELECT coalesce(max(sequence) + 1, 0) FROM audit_details");
    const tables = tablesOf(reader);
    return ok({
      engine: "sqlite",
      schemaVersion,
      auditRecords,
      tables,
      rows: (table) => {
        if (!tables.includes(table)) throw new Error("this table is not in the snapshot");
        return pagesOf(reader, table);
      },
      close: async () => void reader.close(),
    });
  } catch (thrown) {
    handle?.close();
    return named(thrown);
  }
};
