import type Sqlite from "better-sqlite3-multiple-ciphers";
import { driverError } from "./driver-error.ts";
import { headIsIntact } from "./file-head.ts";
import { openWithKey } from "./open-file.ts";

const MOST_FAULTS = 20;

const ask = (question: () => readonly string[]): readonly string[] => {
  try {
    return question();
  } catch (thrown) {
    const error = driverError(thrown);
    if (error === null) throw thrown;
    return [error.message];
  }
};

const pragma = (handle: Sqlite.Database, text: string): readonly string[] =>
  handle.prepare<[], string>(`PRAGMA ${text}`).pluck().all().map(String);

const faultsOf = (handle: Sqlite.Database, file: string): readonly string[] => [
  ...ask(() => pragma(handle, `integrity_check(${MOST_FAULTS})`).filter((line) => line !== "ok")),
  ...ask(() =>
    pragma(handle, "freelist_count").every((count) => count === "0")
      ? []
      : ["there are free pages, which no check reads"],
  ),
  ...ask(() => (pragma(handle, "foreign_key_check").length === 0 ? [] : ["a row names a parent that does not exist"])),
  ...ask(() => (headIsIntact(handle, file) ? [] : ["the head of the file was changed"])),
];

/**
 * Reads every page of the file through a second connection, whose cache is empty, after the log was written back: each page's
 * tag is verified, every table and index is walked. Full auto-vacuum leaves no free page that a walk would miss.
 */
export const checkPages = (handle: Sqlite.Database, file: string, key: Uint8Array): readonly string[] => {
  const behind = ask(() =>
    pragma(handle, "wal_checkpoint(TRUNCATE)")[0] === "0" ? [] : ["the write-ahead log cannot be written back"],
  );
  const faults = ask(() => {
    const reader = openWithKey(file, key, { readonly: true });
    try {
      return faultsOf(reader, file);
    } finally {
      reader.close();
    }
  });
  return [...new Set([...behind, ...faults])];
};
