import { existsSync } from "node:fs";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { SCHEMA_VERSION, planMigrations } from "@moltbot/storage/database";
import type { MigrationPlan } from "@moltbot/storage/database";
import { lockHome } from "./home-lock.ts";
import { prepareHome } from "./home.ts";
import type { Home } from "./home.ts";
import { openHomeVault } from "./open-memory.ts";

/** The plan in words. */
export const planText = ({ found, pending, problem }: MigrationPlan): string => {
  if (found === 0) return "There is no database yet.";
  if (pending.length === 0) return `The database is up to date (schema ${String(found)}).`;
  const lines = pending.map(({ version, name }) => {
    const failed = problem?.version === version;
    const untried = problem !== null && version > problem.version;
    return `  ${failed ? "✗" : untried ? "·" : "✓"} ${String(version).padStart(4, "0")} ${name}${failed ? `: ${problem.says}` : ""}`;
  });
  const end =
    problem === null
      ? "A start carries them out, after it has copied the database beside itself."
      : "Nothing was changed. Stay with the version before, and report this.";
  return [`The schema would change from ${String(found)}:`, ...lines, end].join("\n");
};

/** Tries the pending migrations of a home whose gateway is stopped, and takes everything back. */
export const checkMigrations = async (wish: {
  readonly home: Home;
  readonly passphrase: string | null;
  /** The engine of the settings. On PostgreSQL a migration that fails is taken back by the server; it is not tried before. */
  readonly engine: "sqlite" | "postgres";
}): Promise<Result<MigrationPlan>> => {
  const { home, passphrase, engine } = wish;
  if (engine === "postgres")
    return err(
      moltbotError("USAGE", { problem: "--check-migrations works on SQLite; PostgreSQL takes back by itself." }),
    );
  if (!existsSync(home.database)) return ok({ found: 0, known: SCHEMA_VERSION, pending: [], problem: null });
  const prepared = prepareHome(home);
  if (!prepared.ok) return prepared;
  const locked = lockHome(home.lock);
  if (!locked.ok) return locked;
  try {
    const vault = await openHomeVault(home, { passphrase });
    if (!vault.ok) return vault;
    const planned = await planMigrations({
      file: home.database,
      key: vault.value.key("database"),
      sealer: vault.value.content,
    });
    await vault.value.close();
    return planned;
  } finally {
    locked.value();
  }
};
