import { done, err, moltbotError } from "@moltbot/contracts";
import type { ClockPort, Result } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import { firstTables } from "./migrations/0001-first-tables.ts";
import { guardTables } from "./migrations/0002-guard-tables.ts";
import { planTables } from "./migrations/0003-plan-tables.ts";

/** One step forward; there is no way back. A released migration never changes. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** All migrations in order; versions count from 1 without a gap. */
export const MIGRATIONS: readonly Migration[] = Object.freeze([firstTables, guardTables, planTables]);

/** Brings the schema up to date, each step in its own transaction; DATABASE_TOO_NEW when a newer program has been here. */
export const migrate = (handle: Sqlite.Database, migrations: readonly Migration[], clock: ClockPort): Result<void> => {
  handle.exec(
    "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)",
  );
  handle.exec("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
  const found = Number(handle.prepare("SELECT coalesce(max(version), 0) FROM schema_versions").pluck().get());
  const known = migrations.at(-1)?.version ?? 0;
  if (found > known) return err(moltbotError("DATABASE_TOO_NEW", { found, known }));
  const record = handle.prepare("INSERT INTO schema_versions (version, name, applied_at) VALUES (?, ?, ?)");
  for (const migration of migrations.filter((each) => each.version > found)) {
    handle
      .transaction(() => {
        for (const statement of migration.statements) handle.exec(statement);
        record.run(migration.version, migration.name, clock.now());
      })
      .immediate();
  }
  return done;
};
