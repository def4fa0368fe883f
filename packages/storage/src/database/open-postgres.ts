import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, Result } from "@moltbot/contracts";
import type pg from "pg";
import type { ContentSealer } from "../crypto/index.ts";
import { sha256 } from "../crypto/index.ts";
import { assemble } from "./assemble.ts";
import type { Database } from "./assemble.ts";
import { COUNT_OPENING, createConnection } from "./connection.ts";
import { postgresDialect } from "./dialect-postgres.ts";
import { createGates } from "./gate.ts";
import { MIGRATIONS } from "./migrate.ts";
import type { DatabaseParts } from "./open-database.ts";
import { openSnapshots } from "./open-snapshots.ts";
import { checkPostgres } from "./postgres/check.ts";
import { connectionConfig, createPool, withoutHaste } from "./postgres/connect.ts";
import type { PostgresPlace } from "./postgres/connect.ts";
import { postgresEngine } from "./postgres/engine.ts";
import type { PostgresEngine } from "./postgres/engine.ts";
import { PostgresFault, postgresError } from "./postgres/errors.ts";
import { migratePostgres } from "./postgres/migrate.ts";
import { showPresence } from "./postgres/presence.ts";
import { scrubPostgres } from "./postgres/scrub.ts";
import { completeIndex } from "./rebuild-index.ts";
import { postgresSnapshot } from "./postgres/snapshot.ts";
import { visibility as scopeDecides } from "./visibility.ts";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, or its parts. Off this machine only through TLS that is verified. */
  readonly connection: string | PostgresPlace;
  /** Where the tables are, in lower-case letters, digits and `_`; `moltbot` when absent. */
  readonly schema?: string | undefined;
  readonly sealer: ContentSealer;
  readonly clock: ClockPort;
  readonly log: LogPort;
}

/** How many steps read side by side. */
const READERS = 8;
const PLAIN_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
/** Advisory locks count by database; these numbers keep two schemas of one database apart. */
const lockNumber = (purpose: string, schema: string): DataView =>
  new DataView(Uint8Array.from(sha256(`moltbot ${purpose} ${schema}`)).buffer);

const named = (thrown: unknown): Result<never> => {
  const error = postgresError(thrown);
  if (error === null) throw thrown;
  return err(error);
};

/** Borrows a connection for what is no step. */
const borrow = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect();
  let usable = false;
  try {
    const result = await work(client);
    usable = true;
    return result;
  } finally {
    client.release(!usable);
  }
};

const mustSuit = async (client: pg.PoolClient): Promise<void> => {
  const { rows } = await client.query<[string]>({ text: "SHOW server_encoding", rowMode: "array" });
  if (rows[0]?.[0] !== "UTF8") throw new PostgresFault("its encoding is not UTF8");
};

/** The first vault that opens a database owns it: another one could read nothing of it, and would mend what is not its own. */
const mustBeOurs = async (engine: PostgresEngine, sealer: ContentSealer): Promise<Result<void>> => {
  const prepared = sealer.prepare(["system"]);
  if (!prepared.ok) return prepared;
  const mark = sealer.mac(["system"], "database-of-vault", "moltbot");
  if (!mark.ok) return mark;
  await engine.execute("INSERT INTO facts (name, value) VALUES ('vault', $1) ON CONFLICT (name) DO NOTHING", [
    mark.value,
  ]);
  const { rows } = await engine.execute("SELECT value FROM facts WHERE name = 'vault'", []);
  return rows[0]?.["value"] === mark.value
    ? done
    : err(moltbotError("DATABASE_DAMAGED", { problem: "it belongs to another vault" }));
};

/** `openPostgres` with its replaceable parts. */
export const openPostgresWithParts = async (
  options: PostgresOptions,
  parts: DatabaseParts,
): Promise<Result<Database>> => {
  const schema = options.schema ?? "moltbot";
  if (!PLAIN_NAME.test(schema))
    return err(moltbotError("DATABASE_UNAVAILABLE", { problem: "its schema has no plain name" }));
  const writers = lockNumber("writers", schema).getBigInt64(0);
  const presence = lockNumber("presence", schema).getUint32(0) >>> 1;
  let opened: readonly pg.Pool[] = [];
  try {
    const config = connectionConfig(options.connection, schema);
    const pools = { reading: createPool(config, READERS), writing: createPool(config, 1) };
    const upkeep = createPool(withoutHaste(config), 1);
    opened = [pools.reading, pools.writing, upkeep];
    const endAll = (): Promise<unknown> => Promise.allSettled(opened.map((pool) => pool.end()));
    const engine = postgresEngine(pools, postgresDialect(presence), writers);

    const migrated = await borrow(upkeep, async (client) => {
      await mustSuit(client);
      return migratePostgres(client, schema, engine.dialect, parts.migrations, options.clock, options.sealer, writers);
    });
    if (!migrated.ok) {
      await endAll();
      return migrated;
    }
    const gates = createGates(engine);
    const owned = await gates.outer.write(() => mustBeOurs(engine, options.sealer));
    if (!owned.ok) {
      await endAll();
      return owned;
    }
    const counted = await gates.outer.write(async () =>
      ok(Number((await engine.execute(COUNT_OPENING, [])).rows[0]?.["value"])),
    );
    if (!counted.ok) {
      await endAll();
      return counted;
    }
    const connection = createConnection(engine, parts.visibility, counted.value);
    const indexed = await completeIndex(connection, options.sealer, gates.outer, parts.migrations);
    if (!indexed.ok) {
      await endAll();
      return indexed;
    }
    const shown = await showPresence(config, presence, counted.value, options.log);
    const asked = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<Result<T>> => {
      if (!engine.open) return err(moltbotError("DATABASE_UNAVAILABLE", { problem: "it is closed" }));
      try {
        return ok(await borrow(upkeep, work));
      } catch (thrown) {
        return named(thrown);
      }
    };
    const snapshots = openSnapshots();
    return ok(
      assemble(connection, gates, options, {
        snapshot: async () =>
          engine.open
            ? snapshots.watch(await postgresSnapshot(withoutHaste(config)))
            : err(moltbotError("DATABASE_UNAVAILABLE", { problem: "it is closed" })),
        check: () => asked((client) => checkPostgres(client, parts.migrations)),
        snapshotsClosed: () => snapshots.closed(),
        scrub: async () => {
          const scrubbed = await asked(scrubPostgres);
          return scrubbed.ok ? done : scrubbed;
        },
        close: () =>
          gates.alone(async () => {
            if (!engine.open) return;
            await engine.close();
            await shown.stop();
            await endAll();
          }),
      }),
    );
  } catch (thrown) {
    await Promise.allSettled(opened.map((pool) => pool.end()));
    return named(thrown);
  }
};

/**
 * Opens a schema of a PostgreSQL server, or makes it, and brings it up to date. DATABASE_TOO_NEW after a newer program,
 * DATABASE_UNAVAILABLE when the server cannot be reached or refuses. Several processes may have the same one open.
 */
export const openPostgres = (options: PostgresOptions): Promise<Result<Database>> =>
  openPostgresWithParts(options, { visibility: scopeDecides, migrations: MIGRATIONS });
