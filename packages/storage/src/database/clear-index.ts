import { done, err } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import { driverError } from "./driver-error.ts";
import { configure, openWithKey } from "./open-file.ts";

const INDEXES: readonly string[] = ["memory_words", "message_words"];

const hasMark = (handle: Sqlite.Database): boolean =>
  handle.prepare("SELECT 1 FROM facts WHERE name = 'search index'").all().length > 0;

/**
 * Takes every word out of the search indexes of a file that is put aside: whoever opens it again makes them anew. A file that is older
 * than the mark of its indexes stays as it is.
 */
export const clearIndexOfFile = (file: string, key: Uint8Array): Result<void> => {
  let handle: Sqlite.Database | undefined;
  try {
    handle = openWithKey(file, key, { readonly: false });
    configure(handle);
    if (!hasMark(handle)) return done;
    handle.exec("DELETE FROM facts WHERE name = 'search index'");
    for (const index of INDEXES) handle.exec(`INSERT INTO "${index}" ("${index}") VALUES ('delete-all')`);
    handle.exec("DELETE FROM message_index");
    handle.pragma("wal_checkpoint(TRUNCATE)");
    return done;
  } catch (thrown) {
    const error = driverError(thrown);
    if (error === null) throw thrown;
    return err(error);
  } finally {
    handle?.close();
  }
};
