import { existsSync } from "node:fs";
import { join } from "node:path";
import { done } from "@moltbot/contracts";
import type { ClockPort, LogPort, Result } from "@moltbot/contracts";
import type { Snapshot } from "@moltbot/storage/backup";
import {
  clearIndexOfFile,
  dropPostgresSchemas,
  newPostgresSchema,
  newSqliteFile,
  openDatabase,
  openPostgres,
  snapshotOfFile,
  snapshotOfSchema,
  takePostgresPlace,
} from "@moltbot/storage/database";
import type { Database, FillingDatabase } from "@moltbot/storage/database";
import type { Vault } from "@moltbot/storage/vault";
import type { Home } from "../home.ts";
import { postgresPlaceOf } from "../postgres-place.ts";
import type { Settings } from "../settings/index.ts";
import type { SwapPlan, TakeSchemas } from "./swap-home.ts";

/** The schema that a gateway uses, and what the names of restored ones begin with. */
const LIVING = "moltbot";
const FILLED = "moltbot_restoring";

/** The place that a restore fills, on the engine that the settings name. */
export interface EnginePlace {
  /** Removes what a killed restore left there. */
  clear(): Promise<Result<void>>;
  fill(schemaVersion: number): Promise<Result<FillingDatabase>>;
  /** Opens what was filled. */
  open(): Promise<Result<Database>>;
  /** A moment of the database that is to be replaced; null when there is none. */
  before(): Promise<Result<Snapshot> | null>;
  /** Takes the words out of the search indexes of what goes aside; they are made anew should it be opened again. */
  forgetWords(): Result<void>;
  readonly moves: SwapPlan["moves"];
  readonly schemas: SwapPlan["schemas"];
}

export interface EngineWish {
  readonly home: Pick<Home, "root" | "database">;
  readonly settings: Settings["database"];
  readonly vault: Pick<Vault, "key" | "content">;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** Names below the home: where the new things wait, and where the old ones go. */
  readonly staging: string;
  readonly aside: string;
}

const sqlitePlace = ({ home, vault, clock, log, staging, aside }: EngineWish): EnginePlace => {
  const file = join(home.root, staging, "moltbot.db");
  return {
    clear: async () => done, // it lies in the staging folder, which is removed as a whole
    fill: async (schemaVersion) => newSqliteFile({ file, key: vault.key("database"), clock }, schemaVersion),
    open: () => openDatabase({ file, key: vault.key("database"), sealer: vault.content, clock, log }),
    before: async () => (existsSync(home.database) ? snapshotOfFile(home.database, vault.key("database")) : null),
    forgetWords: () => (existsSync(home.database) ? clearIndexOfFile(home.database, vault.key("database")) : done),
    moves: [
      ...["-wal", "-shm"].map((end) => ({ from: null, to: `moltbot.db${end}`, aside: `${aside}/moltbot.db${end}` })),
      { from: `${staging}/moltbot.db`, to: "moltbot.db", aside: `${aside}/moltbot.db` },
    ],
    schemas: null,
  };
};

const postgresPlace = ({ settings, vault, clock, log, aside }: EngineWish): EnginePlace => {
  const { host, port, name, user } = settings;
  const connection = postgresPlaceOf(settings);
  const kept = `moltbot_${aside.replaceAll(/[^a-z0-9]/gi, "_").toLowerCase()}`;
  return {
    clear: () => dropPostgresSchemas(connection, FILLED),
    fill: (schemaVersion) => newPostgresSchema({ connection, schema: FILLED, clock }, schemaVersion),
    open: () => openPostgres({ connection, schema: FILLED, sealer: vault.content, clock, log }),
    before: () => snapshotOfSchema(connection, LIVING),
    forgetWords: () => done, // it happens as the schemas change places
    moves: [],
    schemas: { from: FILLED, to: LIVING, aside: kept, place: { host, port, name, user } },
  };
};

/** The place on the engine that the settings name. */
export const enginePlace = (wish: EngineWish): EnginePlace =>
  wish.settings.engine === "postgres" ? postgresPlace(wish) : sqlitePlace(wish);

/** Puts a filled schema into its place; what a swap does beside moving files. */
export const takeSchemas: TakeSchemas = ({ place, ...names }) =>
  takePostgresPlace(postgresPlaceOf({ engine: "postgres", ...place }), names);
