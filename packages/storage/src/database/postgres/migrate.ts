import { done, err, moltbotError } from "@moltbot/contracts";
import type { ClockPort, Result } from "@moltbot/contracts";
import type pg from "pg";
import type { Dialect } from "../dialect.ts";
import type { ContentSealer } from "../../crypto/index.ts";
import type { ConversionTools, OldRow } from "../conversion.ts";
import type { Conversions, Migration } from "../migrate.ts";

/** What the first opening makes, before any migration. */
const firstTables = (dialect: Dialect): readonly string[] =>
  [
    "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
  ].map((statement) => dialect.columns(statement));

const firstValue = async (client: pg.ClientBase, text: string): Promise<unknown> => {
  const { rows } = await client.query<unknown[]>({ text, rowMode: "array" });
  return rows[0]?.[0];
};

const numbered = (source: string): string => {
  let place = 0;
  return source.replaceAll("?", () => `$${String((place += 1))}`);
};
const postgresTools = (client: pg.ClientBase, sealer: ContentSealer): ConversionTools => ({
  sealer,
  query: async (source, bound) => (await client.query<OldRow>(numbered(source), [...bound])).rows,
  run: async (source, bound) => void (await client.query(numbered(source), [...bound])),
});

/**
 * Brings the schema up to date, each step in its own transaction; DATABASE_TOO_NEW when a newer program has been here. Two
 * processes that start together follow one another: each looks again once it has the lock.
 */
export const migratePostgres = async (
  client: pg.ClientBase,
  schema: string,
  dialect: Dialect,
  migrations: readonly Migration[],
  clock: ClockPort,
  conversions: Conversions,
  writers: bigint,
): Promise<Result<void>> => {
  const locked = async (work: () => Promise<Result<void>>): Promise<Result<void>> => {
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${writers})`);
    try {
      const result = await work();
      await client.query(result.ok ? "COMMIT" : "ROLLBACK");
      return result;
    } catch (thrown) {
      await client.query("ROLLBACK").catch(() => undefined); // the first failure is the one to tell
      throw thrown;
    }
  };
  const found = async (): Promise<number> =>
    Number(await firstValue(client, "SELECT coalesce(max(version), 0) FROM schema_versions"));
  const known = migrations.at(-1)?.version ?? 0;

  await locked(async () => {
    const exists = await firstValue(client, `SELECT count(*) FROM pg_namespace WHERE nspname = '${schema}'`);
    // Whoever may not make one may still use one that is there.
    if (Number(exists) === 0) await client.query(`CREATE SCHEMA ${schema}`);
    if ((await firstValue(client, "SELECT to_regclass('schema_versions')")) === null)
      for (const statement of firstTables(dialect)) await client.query(statement);
    return done;
  });
  const before = await found();
  if (before > known) return err(moltbotError("DATABASE_TOO_NEW", { found: before, known }));
  for (const migration of migrations.filter((each) => each.version > before)) {
    const applied = await locked(async () => {
      if ((await found()) >= migration.version) return done;
      for (const statement of migration.statements(dialect.types)) await client.query(dialect.columns(statement));
      if (conversions !== "nothing to convert") {
        const converted = (await migration.convert?.(postgresTools(client, conversions))) ?? done;
        if (!converted.ok) return converted;
      }
      for (const statement of migration.closing?.(dialect.types) ?? []) await client.query(dialect.columns(statement));
      await client.query("INSERT INTO schema_versions (version, name, applied_at) VALUES ($1, $2, $3)", [
        migration.version,
        migration.name,
        clock.now(),
      ]);
      return done;
    });
    if (!applied.ok) return applied;
  }
  return done;
};
