import { existsSync } from "node:fs";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import { sha256Hex } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { schemaOf } from "./before-migration.ts";
import { sqliteDialect } from "./dialect-sqlite.ts";
import { driverError } from "./driver-error.ts";
import { MIGRATIONS, sqliteTools } from "./migrate.ts";
import type { Migration } from "./migrate.ts";
import type { DatabaseOptions } from "./open-database.ts";
import { configure, openWithKey } from "./open-file.ts";

/** What opening the database would do to its schema. */
export interface MigrationPlan {
  /** The newest migration that it has; 0 where there is no database. */
  readonly found: number;
  readonly known: number;
  readonly pending: readonly Pick<Migration, "version" | "name">[];
  /** Why one of them does not go through; null when all did. */
  readonly problem: { readonly version: number; readonly says: string } | null;
}

/** Opens what is there, and seals so that no key is made: a trial leaves nothing behind. */
const trialSealer = (sealer: ContentSealer): ContentSealer => ({
  ...sealer,
  open: (subjects, recordId, sealed) => sealer.open(subjects, recordId, sealed),
  seal: (_subjects, recordId) => ok(Buffer.from(recordId, "utf8")),
  mac: (subjects, purpose, text) => ok(sha256Hex(JSON.stringify([subjects, purpose, text]))),
  prepare: () => done,
});

const wordsOf = (thrown: unknown): string =>
  driverError(thrown)?.message ?? (thrown instanceof Error ? thrown.message : "it failed");

const tryOne = async (handle: Sqlite.Database, migration: Migration, sealer: ContentSealer): Promise<void> => {
  for (const statement of migration.statements(sqliteDialect.types)) handle.exec(statement);
  await migration.convert?.(sqliteTools(handle, trialSealer(sealer)));
  for (const statement of migration.closing?.(sqliteDialect.types) ?? []) handle.exec(statement);
};

/** Carries the migrations out in a transaction that is always taken back. */
const tryAll = async (
  handle: Sqlite.Database,
  pending: readonly Migration[],
  sealer: ContentSealer,
): Promise<MigrationPlan["problem"]> => {
  handle.exec("BEGIN IMMEDIATE");
  try {
    for (const migration of pending) {
      try {
        await tryOne(handle, migration, sealer);
      } catch (thrown) {
        return { version: migration.version, says: wordsOf(thrown) };
      }
    }
    return null;
  } finally {
    if (handle.inTransaction) handle.exec("ROLLBACK");
  }
};

/**
 * Tries the pending migrations on the real rows and takes everything back; the file stays as it is. To be called while nobody else has
 * it open. DATABASE_DAMAGED when it cannot be read, DATABASE_TOO_NEW after a newer program.
 */
export const planMigrations = async (
  options: Pick<DatabaseOptions, "file" | "key" | "sealer">,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<Result<MigrationPlan>> => {
  const known = migrations.at(-1)?.version ?? 0;
  const namesOf = (some: readonly Migration[]) => some.map(({ version, name }) => ({ version, name }));
  if (!existsSync(options.file)) return ok({ found: 0, known, pending: namesOf(migrations), problem: null });
  let handle: Sqlite.Database | undefined;
  try {
    handle = openWithKey(options.file, options.key, { readonly: false });
    const found = schemaOf(handle);
    if (found > known) return err(moltbotError("DATABASE_TOO_NEW", { found, known }));
    configure(handle);
    const pending = migrations.filter(({ version }) => version > found);
    const problem = pending.length === 0 ? null : await tryAll(handle, pending, options.sealer);
    return ok({ found, known, pending: namesOf(pending), problem });
  } catch (thrown) {
    const error = driverError(thrown);
    if (error === null) throw thrown;
    return err(error);
  } finally {
    handle?.close();
  }
};
