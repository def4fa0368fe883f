import { closeSync, fsyncSync, openSync } from "node:fs";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, Result } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import type { SnapshotRow } from "../backup/index.ts";
import { FACTS_OF_ONE_FILE, isInBackups } from "./backup-tables.ts";
import { driverError } from "./driver-error.ts";
import { rememberHead } from "./file-head.ts";
import { letOthersWork } from "./let-others-work.ts";
import { MIGRATIONS, migrate } from "./migrate.ts";
import type { Migration } from "./migrate.ts";
import { configure, keepPrivate, openWithKey } from "./open-file.ts";

/** A new database of either engine that is being filled with the rows of a backup. */
export interface FillingDatabase {
  insert(table: string, columns: readonly string[], rows: readonly SnapshotRow[]): Promise<Result<void>>;
  /** Durable when it returns, and free to be opened; DATABASE_DAMAGED when a row names a parent that is not there. */
  finish(): Promise<Result<void>>;
  /** Lets go of what was not finished. */
  abandon(): Promise<void>;
}

/** The newest schema that this program knows. */
export const SCHEMA_VERSION = MIGRATIONS.at(-1)?.version ?? 0;

const problem = (text: string): Result<never> => err(moltbotError("DATABASE_DAMAGED", { problem: text }));

const named = (thrown: unknown): Result<never> => {
  const error = driverError(thrown);
  if (error === null) throw thrown;
  return err(error);
};

const syncFile = (file: string): void => {
  const descriptor = openSync(file, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const fill = (handle: Sqlite.Database, file: string): FillingDatabase => {
  const insertion = (table: string, columns: readonly string[]): Sqlite.Statement => {
    const replaces = table === "facts" ? "OR REPLACE " : "";
    const names = columns.map((column) => `"${column}"`).join(", ");
    return handle.prepare(`INSERT ${replaces}INTO "${table}" (${names}) VALUES (${columns.map(() => "?").join(", ")})`);
  };
  const known = (table: string, columns: readonly string[]): boolean => {
    const there = handle.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
    return isInBackups(table) && columns.length > 0 && columns.every((column) => there.includes(column));
  };
  return {
    insert: async (table, columns, rows) => {
      try {
        if (!known(table, columns)) return problem("the backup has a table or a column that its version did not have");
        const name = columns.indexOf("name");
        const kept = table === "facts" ? rows.filter((row) => !FACTS_OF_ONE_FILE.includes(String(row[name]))) : rows;
        const statement = insertion(table, columns);
        handle
          .transaction(() => {
            for (const row of kept) statement.run(...row);
          })
          .immediate();
        await letOthersWork();
        return done;
      } catch (thrown) {
        return named(thrown);
      }
    },
    finish: async () => {
      try {
        const orphans = handle.prepare("SELECT 1 FROM pragma_foreign_key_check() LIMIT 1").all();
        if (orphans.length > 0) return problem("a row of the backup names a parent that is not in it");
        handle.pragma("synchronous = FULL");
        rememberHead(handle, file);
        handle.pragma("wal_checkpoint(TRUNCATE)");
        handle.close();
        syncFile(file);
        return done;
      } catch (thrown) {
        return named(thrown);
      }
    },
    abandon: async () => {
      if (handle.open) handle.close();
    },
  };
};

/**
 * Makes a new encrypted file with the schema of `schemaVersion`, to be filled; whoever opens it afterwards brings it up to date.
 * The file must not exist.
 */
export const newSqliteFile = async (
  options: { readonly file: string; readonly key: Uint8Array; readonly clock: ClockPort },
  schemaVersion: number,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<Result<FillingDatabase>> => {
  let handle: Sqlite.Database | undefined;
  try {
    keepPrivate(options.file);
    handle = openWithKey(options.file, options.key, { readonly: false });
    configure(handle);
    const upTo = migrations.filter(({ version }) => version <= schemaVersion);
    const migrated = await migrate(handle, upTo, options.clock, "nothing to convert");
    if (!migrated.ok) {
      handle.close();
      return migrated;
    }
    // Nothing of it counts before `finish`: parents may come late, and a power cut ends the whole restore.
    handle.pragma("foreign_keys = OFF");
    handle.pragma("synchronous = OFF");
    return ok(fill(handle, options.file));
  } catch (thrown) {
    handle?.close();
    return named(thrown);
  }
};
