import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import Sqlite from "better-sqlite3-multiple-ciphers";

const BUSY_MILLISECONDS = 5_000;
const JOURNAL_BYTES = 8 * 1024 * 1024;

/** The files of one database: itself, its write-ahead log and the log's shared index. */
export const filesOf = (file: string): readonly string[] => [file, `${file}-wal`, `${file}-shm`];

/** Opens the file with the raw page key: `raw:` and the 32 bytes, which skips the passphrase derivation. Nothing is read yet. */
export const openWithKey = (
  file: string,
  key: Uint8Array,
  options: { readonly readonly: boolean },
): Sqlite.Database => {
  const handle = new Sqlite(file, {
    readonly: options.readonly,
    fileMustExist: options.readonly,
    timeout: BUSY_MILLISECONDS,
  });
  try {
    handle.pragma("cipher = 'aegis'");
    const raw = Buffer.concat([Buffer.from("raw:", "latin1"), key]);
    handle.key(raw);
    raw.fill(0);
    return handle;
  } catch (thrown) {
    handle.close();
    throw thrown;
  }
};

/** Makes the file for this user alone before a byte is in it, and mends the modes of the files that exist. */
export const keepPrivate = (file: string): void => {
  if (!existsSync(file)) closeSync(openSync(file, "wx", 0o600));
  for (const each of filesOf(file)) if (existsSync(each)) chmodSync(each, 0o600);
};

/** The pragmas of the one writing connection. */
export const configure = (handle: Sqlite.Database): void => {
  const vacuums = handle.prepare("PRAGMA auto_vacuum").pluck().get() === 1;
  if (!vacuums) handle.pragma("auto_vacuum = FULL"); // no free pages: the integrity check then reaches every page (check-pages.ts)
  handle.pragma("journal_mode = WAL");
  handle.pragma("synchronous = FULL"); // an acknowledged row survives a power cut
  handle.pragma("foreign_keys = ON");
  handle.pragma("secure_delete = ON");
  handle.pragma("temp_store = MEMORY"); // no plaintext in temporary files
  handle.pragma("trusted_schema = OFF");
  handle.pragma(`journal_size_limit = ${JOURNAL_BYTES}`);
};
