import { done, err, moltbotError } from "@moltbot/contracts";
import type { ClockPort, Result } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import type { ContentSealer } from "../crypto/index.ts";
import type { ConversionTools, OldRow } from "./conversion.ts";
import type { ColumnTypes } from "./dialect.ts";
import { sqliteDialect } from "./dialect-sqlite.ts";
import { firstTables } from "./migrations/0001-first-tables.ts";
import { guardTables } from "./migrations/0002-guard-tables.ts";
import { planTables } from "./migrations/0003-plan-tables.ts";
import { sealedColumns } from "./migrations/0004-sealed-columns.ts";
import { workTables } from "./migrations/0005-work-tables.ts";
import { privacyTables } from "./migrations/0006-privacy-tables.ts";
import { searchTables } from "./migrations/0007-search-tables.ts";
import { peopleTables } from "./migrations/0008-people.ts";
import { deviceTables } from "./migrations/0009-devices.ts";
import { tokenKeys } from "./migrations/0010-token-keys.ts";
import { ownRoles } from "./migrations/0011-own-roles.ts";
import { sharedThings } from "./migrations/0012-shared-things.ts";
import { usageTables } from "./migrations/0013-usage.ts";
import { tokenMakers } from "./migrations/0014-token-makers.ts";
import { hiddenOutcomes } from "./migrations/0015-hidden-outcomes.ts";
import { packageTables } from "./migrations/0016-packages.ts";

/** One step forward; there is no way back. A released migration never changes. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: (types: ColumnTypes) => readonly string[];
  /** What the rows that are there need beside statements. */
  readonly convert?: (tools: ConversionTools) => Promise<Result<void>>;
  /** What comes after the conversion. */
  readonly closing?: (types: ColumnTypes) => readonly string[];
}

/** What seals the rows that are there; a database that was just made has none. */
export type Conversions = ContentSealer | "nothing to convert";

/** All migrations in order; versions count from 1 without a gap. */
export const MIGRATIONS: readonly Migration[] = Object.freeze([
  firstTables,
  guardTables,
  planTables,
  sealedColumns,
  workTables,
  privacyTables,
  searchTables,
  peopleTables,
  deviceTables,
  tokenKeys,
  ownRoles,
  sharedThings,
  usageTables,
  tokenMakers,
  hiddenOutcomes,
  packageTables,
]);

/** What a conversion works with on this engine. */
export const sqliteTools = (handle: Sqlite.Database, sealer: ContentSealer): ConversionTools => ({
  sealer,
  query: async (source, bound) => handle.prepare<unknown[], OldRow>(source).all(...bound),
  run: async (source, bound) => void handle.prepare(source).run(...bound),
});

/** Brings the schema up to date, each step in its own transaction; DATABASE_TOO_NEW when a newer program has been here. */
export const migrate = async (
  handle: Sqlite.Database,
  migrations: readonly Migration[],
  clock: ClockPort,
  conversions: Conversions,
): Promise<Result<void>> => {
  handle.exec(
    "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)",
  );
  handle.exec("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)");
  const found = Number(handle.prepare("SELECT coalesce(max(version), 0) FROM schema_versions").pluck().get());
  const known = migrations.at(-1)?.version ?? 0;
  if (found > known) return err(moltbotError("DATABASE_TOO_NEW", { found, known }));
  const record = handle.prepare("INSERT INTO schema_versions (version, name, applied_at) VALUES (?, ?, ?)");
  for (const migration of migrations.filter((each) => each.version > found)) {
    // Nobody else has this connection yet, so what is awaited meanwhile is the migration's own.
    handle.exec("BEGIN IMMEDIATE");
    try {
      for (const statement of migration.statements(sqliteDialect.types)) handle.exec(statement);
      if (conversions !== "nothing to convert") {
        const converted = (await migration.convert?.(sqliteTools(handle, conversions))) ?? done;
        if (!converted.ok) return converted;
      }
      for (const statement of migration.closing?.(sqliteDialect.types) ?? []) handle.exec(statement);
      record.run(migration.version, migration.name, clock.now());
      handle.exec("COMMIT");
    } finally {
      if (handle.inTransaction) handle.exec("ROLLBACK");
    }
  }
  return done;
};
