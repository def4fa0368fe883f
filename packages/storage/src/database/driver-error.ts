import { moltbotError } from "@moltbot/contracts";
import type { MoltbotError } from "@moltbot/contracts";
import Sqlite from "better-sqlite3-multiple-ciphers";

/** The named error of a driver's exception; null for anything else, which is a bug and travels on. */
export const driverError = (thrown: unknown): MoltbotError | null => {
  if (!(thrown instanceof Sqlite.SqliteError)) return null;
  const code = thrown.code;
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return moltbotError("DATABASE_DAMAGED", { problem: `a page does not open with its key (${code})` });
  }
  if (code === "SQLITE_CONSTRAINT_FOREIGNKEY") return moltbotError("NOT_FOUND", { kind: "parent record" });
  if (code.startsWith("SQLITE_CONSTRAINT")) return moltbotError("CONFLICT", { kind: "record" });
  if (/^SQLITE_(FULL|BUSY|LOCKED|IOERR|READONLY|CANTOPEN|NOMEM|PERM|AUTH|PROTOCOL|ABORT|INTERRUPT)/.test(code)) {
    return moltbotError("DATABASE_UNAVAILABLE", { problem: code });
  }
  return null;
};
