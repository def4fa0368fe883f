import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, MoltbotError, Result, Store } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import type { AuditDetailsStore } from "../audit/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { auditDetailsStore } from "./audit-details.ts";
import { checkPages } from "./check-pages.ts";
import { createConnection } from "./connection.ts";
import { driverError } from "./driver-error.ts";
import { headIsIntact, rememberHead, settingsAreIntact } from "./file-head.ts";
import { createGates } from "./gate.ts";
import { walDamage } from "./inspect-wal.ts";
import { MIGRATIONS, migrate } from "./migrate.ts";
import type { Migration } from "./migrate.ts";
import { configure, keepPrivate, openWithKey } from "./open-file.ts";
import { prepareRepositories } from "./repositories.ts";
import { visibility as scopeDecides } from "./visibility.ts";
import type { Visibility } from "./visibility.ts";

export interface DatabaseOptions {
  readonly file: string;
  /** 32 raw bytes. */
  readonly key: Uint8Array;
  readonly sealer: ContentSealer;
  readonly clock: ClockPort;
  readonly log: LogPort;
}

export interface Database extends Store {
  readonly auditDetails: AuditDetailsStore;
  /** Reads every page of the file; the faults it found, none when intact. */
  check(): Promise<Result<readonly string[]>>;
  /** Waits for the running transaction, writes the log back and lets the file go. */
  close(): Promise<void>;
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

const prepareFile = (
  handle: Sqlite.Database,
  options: DatabaseOptions,
  migrations: readonly Migration[],
): Result<void> => {
  handle.prepare("SELECT count(*) FROM sqlite_master").get();
  configure(handle);
  const migrated = migrate(handle, migrations, options.clock);
  if (!migrated.ok) return migrated;
  rememberHead(handle, options.file);
  keepPrivate(options.file);
  return headIsIntact(handle, options.file) ? migrated : damaged(HEAD_CHANGED);
};

const assemble = (handle: Sqlite.Database, options: DatabaseOptions, parts: DatabaseParts): Database => {
  const gates = createGates(handle);
  const connection = createConnection(handle, parts.visibility);
  const repositories = prepareRepositories(connection, options.sealer, options.clock);
  const key = Uint8Array.from(options.key);
  return {
    ...repositories(gates.outer),
    atomically: (work, durable = "now") => gates.transaction((inner) => work(repositories(inner)), durable),
    auditDetails: auditDetailsStore(connection, gates.outer),
    check: async () =>
      gates.alone(() =>
        handle.open
          ? ok(checkPages(handle, options.file, key))
          : err(moltbotError("DATABASE_UNAVAILABLE", { problem: "it is closed" })),
      ),
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
  };
};

/** `openDatabase` with its replaceable parts. */
export const openWithParts = async (options: DatabaseOptions, parts: DatabaseParts): Promise<Result<Database>> => {
  let handle: Sqlite.Database | null = null;
  try {
    keepPrivate(options.file);
    const damage = settingsAreIntact(options.file) ? walDamage(options.file) : HEAD_CHANGED;
    if (damage !== null) return damaged(damage);
    handle = openWithKey(options.file, options.key, { readonly: false });
    const prepared = prepareFile(handle, options, parts.migrations);
    if (prepared.ok) return ok(assemble(handle, options, parts));
    handle.close();
    return prepared;
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
