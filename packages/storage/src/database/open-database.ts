import { rmSync } from "node:fs";
import { basename } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, MoltbotError, Result } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import type { ContentSealer } from "../crypto/index.ts";
import { assemble } from "./assemble.ts";
import type { Database } from "./assemble.ts";
import { copiesBeforeMigrations, keepBeforeMigration } from "./before-migration.ts";
import { checkPages } from "./check-pages.ts";
import { COUNT_OPENING, createConnection } from "./connection.ts";
import { driverError } from "./driver-error.ts";
import { headIsIntact, rememberHead, settingsAreIntact } from "./file-head.ts";
import { sqliteEngine } from "./engine-sqlite.ts";
import { createGates } from "./gate.ts";
import { walDamage } from "./inspect-wal.ts";
import { MIGRATIONS, migrate } from "./migrate.ts";
import type { Migration } from "./migrate.ts";
import { configure, keepPrivate, openWithKey } from "./open-file.ts";
import { completeIndex } from "./rebuild-index.ts";
import { scrubSqlite } from "./scrub-sqlite.ts";
import { openSnapshots } from "./open-snapshots.ts";
import { sqliteSnapshot } from "./snapshot-sqlite.ts";
import { visibility as scopeDecides } from "./visibility.ts";
import type { Visibility } from "./visibility.ts";

export type { Database } from "./assemble.ts";

export interface DatabaseOptions {
  readonly file: string;
  /** 32 raw bytes. */
  readonly key: Uint8Array;
  readonly sealer: ContentSealer;
  readonly clock: ClockPort;
  readonly log: LogPort;
}

/** What the tests replace; the program never does. */
export interface DatabaseParts {
  readonly visibility: Visibility;
  readonly migrations: readonly Migration[];
}

const damaged = (problem: string): Result<never> => err(moltbotError("DATABASE_DAMAGED", { problem }));
const HEAD_CHANGED = "the head of its file was changed";
const WRONG_KEY =
  "its first page does not open with this vault's key: the page was changed, or the file belongs to another vault";

const namedFault = (thrown: unknown): MoltbotError => {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : null;
  if (code === "SQLITE_NOTADB") return moltbotError("DATABASE_DAMAGED", { problem: WRONG_KEY });
  const error = driverError(thrown);
  if (error !== null) return error;
  if (code !== null && /^E[A-Z]+$/.test(code)) return moltbotError("DATABASE_UNAVAILABLE", { problem: code });
  throw thrown;
};

const prepareFile = async (
  handle: Sqlite.Database,
  options: DatabaseOptions,
  migrations: readonly Migration[],
): Promise<Result<void>> => {
  handle.prepare("SELECT count(*) FROM sqlite_master").get();
  configure(handle);
  const copy = keepBeforeMigration(handle, options.file, migrations);
  if (copy !== null) options.log.info("the database was copied before its schema changes", { copy: basename(copy) });
  const migrated = await migrate(handle, migrations, options.clock, options.sealer);
  if (!migrated.ok) return migrated;
  rememberHead(handle, options.file);
  keepPrivate(options.file);
  return headIsIntact(handle, options.file) ? migrated : damaged(HEAD_CHANGED);
};

const prepared = async (
  handle: Sqlite.Database,
  options: DatabaseOptions,
  parts: DatabaseParts,
): Promise<Result<Database>> => {
  const engine = sqliteEngine(handle);
  const gates = createGates(engine);
  const incarnation = Number(handle.prepare(COUNT_OPENING).pluck().get());
  const connection = createConnection(engine, parts.visibility, incarnation);
  const indexed = await completeIndex(connection, options.sealer, gates.outer, parts.migrations);
  if (!indexed.ok) return indexed;
  const key = Uint8Array.from(options.key);
  const snapshots = openSnapshots();
  const database = assemble(connection, gates, options, {
    check: async () =>
      gates.alone(() =>
        handle.open
          ? ok(checkPages(handle, options.file, key))
          : err(moltbotError("DATABASE_UNAVAILABLE", { problem: "it is closed" })),
      ),
    snapshot: async () =>
      handle.open
        ? snapshots.watch(sqliteSnapshot(options.file, key))
        : err(moltbotError("DATABASE_UNAVAILABLE", { problem: "it is closed" })),
    snapshotsClosed: () => snapshots.closed(),
    scrub: () => {
      // What they hold was there before an erasure.
      for (const copy of copiesBeforeMigrations(options.file)) rmSync(copy, { force: true });
      return scrubSqlite(handle);
    },
    close: () =>
      gates.alone(() => {
        key.fill(0);
        if (!handle.open) return;
        try {
          handle.pragma("wal_checkpoint(TRUNCATE)");
        } catch (thrown) {
          options.log.error("the write-ahead log could not be written back", { code: namedFault(thrown).code });
        }
        handle.close();
      }),
  });
  return ok(database);
};

/** `openDatabase` with its replaceable parts. */
export const openWithParts = async (options: DatabaseOptions, parts: DatabaseParts): Promise<Result<Database>> => {
  let handle: Sqlite.Database | null = null;
  try {
    keepPrivate(options.file);
    const damage = settingsAreIntact(options.file) ? walDamage(options.file) : HEAD_CHANGED;
    if (damage !== null) return damaged(damage);
    handle = openWithKey(options.file, options.key, { readonly: false });
    const ready = await prepareFile(handle, options, parts.migrations);
    const database = ready.ok ? await prepared(handle, options, parts) : ready;
    if (!database.ok) handle.close();
    return database;
  } catch (thrown) {
    handle?.close();
    return err(namedFault(thrown));
  }
};

/**
 * Opens the encrypted file, or makes it, and brings its schema up to date. DATABASE_DAMAGED when a page does not open with the
 * key, DATABASE_TOO_NEW after a newer program, DATABASE_UNAVAILABLE when the disk refuses.
 */
export const openDatabase = (options: DatabaseOptions): Promise<Result<Database>> =>
  openWithParts(options, { visibility: scopeDecides, migrations: MIGRATIONS });
