import { closeSync, openSync, readSync } from "node:fs";
import type Sqlite from "better-sqlite3-multiple-ciphers";

/**
 * The first 24 bytes of the file are a salt, which a raw key does not use, and plain page settings: no tag covers them. Their
 * copy inside the encrypted pages does.
 */
const HEAD_BYTES = 24;
const FACT = "file head";

const readHead = (file: string): string => {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    const read = readSync(descriptor, bytes, 0, HEAD_BYTES, 0);
    return bytes.subarray(0, read).toString("hex");
  } finally {
    closeSync(descriptor);
  }
};

/** Page settings as this program writes them: 4096-byte pages, rollback or write-ahead journal, 64 reserved bytes (nonce and tag), fixed fractions. */
const SETTINGS = /^1000(0101|0202)40402020$/;

/** Whether the plain settings of an existing file are ours; asked before SQLite acts on them. */
export const settingsAreIntact = (file: string): boolean => {
  const head = readHead(file);
  return head === "" || SETTINGS.test(head.slice(32));
};

const remembered = (handle: Sqlite.Database): unknown =>
  handle.prepare("SELECT value FROM facts WHERE name = ?").pluck().get(FACT);

/** Remembers the head of a new file, once its first page is written back. */
export const rememberHead = (handle: Sqlite.Database, file: string): void => {
  if (remembered(handle) !== undefined) return;
  handle.pragma("wal_checkpoint(TRUNCATE)");
  handle.prepare("INSERT INTO facts (name, value) VALUES (?, ?)").run(FACT, readHead(file));
};

/** Whether the head of the file is the one that was remembered. */
export const headIsIntact = (handle: Sqlite.Database, file: string): boolean => remembered(handle) === readHead(file);
