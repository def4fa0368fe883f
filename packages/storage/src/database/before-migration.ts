import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import { isInBackups } from "./backup-tables.ts";
import type { Migration } from "./migrate.ts";

/** How many copies are kept; each is as large as the database. */
const KEPT = 2;

const hasTable = (handle: Sqlite.Database, table: string): boolean =>
  handle.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").all(table).length > 0;

/** The newest migration that the file has; 0 of a new one. */
export const schemaOf = (handle: Sqlite.Database): number =>
  hasTable(handle, "schema_versions")
    ? Number(handle.prepare("SELECT coalesce(max(version), 0) FROM schema_versions").pluck().get())
    : 0;

const hasRows = (handle: Sqlite.Database): boolean =>
  handle
    .prepare<[], string>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .pluck()
    .all()
    .filter((table) => isInBackups(table) && table !== "facts")
    .some((table) => handle.prepare(`SELECT 1 FROM "${table}" LIMIT 1`).all().length > 0);

const sync = (path: string): void => {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const numberOf = (file: string, name: string): number => {
  const rest = name.startsWith(`${basename(file)}.before-`) ? name.slice(basename(file).length + 8) : "";
  return /^\d{4}$/.test(rest) ? Number(rest) : -1;
};

/** The copies that lie beside a database, the newest first. Whoever erases something has to remove them: they hold what it held then. */
export const copiesBeforeMigrations = (file: string): readonly string[] =>
  existsSync(dirname(file))
    ? readdirSync(dirname(file))
        .filter((name) => numberOf(file, name) >= 0)
        .toSorted((a, b) => numberOf(file, b) - numberOf(file, a))
        .map((name) => join(dirname(file), name))
    : [];

/**
 * Copies a database that has rows beside itself before its schema changes, encrypted as it is: `moltbot.db.before-0004` is how it was
 * before migration 4. The two newest are kept. Returns the copy's path; null when there is nothing to change or to lose. Throws
 * when the disk refuses, and then nothing may change.
 */
export const keepBeforeMigration = (
  handle: Sqlite.Database,
  file: string,
  migrations: readonly Migration[],
): string | null => {
  const found = schemaOf(handle);
  const next = migrations.find(({ version }) => version > found);
  if (next === undefined || found === 0 || !hasRows(handle)) return null;
  handle.pragma("wal_checkpoint(TRUNCATE)");
  const copy = `${file}.before-${String(next.version).padStart(4, "0")}`;
  const beside = `${copy}.part`;
  try {
    rmSync(beside, { force: true });
    copyFileSync(file, beside, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE); // the mode 0600 is copied too
    sync(beside);
    renameSync(beside, copy);
    if (process.platform !== "win32") sync(dirname(copy)); // folders cannot be opened there
  } finally {
    rmSync(beside, { force: true });
  }
  for (const old of copiesBeforeMigrations(file).slice(KEPT)) rmSync(old, { force: true });
  return copy;
};
