import { done, err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";

/** Search indexes that keep removed words under a tombstone until they are rewritten. */
const WORD_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%fts5%'";

/**
 * Leaves nothing of removed rows in the file and its write-ahead log: rewrites the search indexes, writes the log back and cuts
 * it to nothing, and rebuilds the file when a page of it is free. To be called while nobody else is on the connection.
 * DATABASE_UNAVAILABLE when somebody outside still reads from the log.
 */
export const scrubSqlite = (handle: Sqlite.Database): Result<void> => {
  if (!handle.open) return err(moltbotError("DATABASE_UNAVAILABLE", { problem: "it is closed" }));
  const tables = handle.prepare<[], { name: string }>(WORD_TABLES).all();
  for (const { name } of tables) handle.exec(`INSERT INTO "${name}" ("${name}") VALUES ('optimize')`);
  // Auto-vacuum cuts free pages off at every commit; a file from before it may still have some.
  const free = Number(handle.prepare("PRAGMA freelist_count").pluck().get());
  if (free > 0) handle.exec("VACUUM");
  // Waiting here would hold up everybody: whoever asked tries again.
  const patience = Number(handle.prepare("PRAGMA busy_timeout").pluck().get());
  handle.pragma("busy_timeout = 0");
  const [written] = handle.prepare<[], { busy: number; log: number }>("PRAGMA wal_checkpoint(TRUNCATE)").all();
  handle.pragma(`busy_timeout = ${String(patience)}`);
  return written === undefined || written.busy !== 0
    ? err(moltbotError("DATABASE_UNAVAILABLE", { problem: "its write-ahead log is still being read" }))
    : done;
};
