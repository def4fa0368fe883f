/** The engines as the tests of this room open them, and somebody who reads what they keep. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { onEveryPlace, onPostgresPlaces } from "../../testing/index.ts";
import type { Places, TestServer } from "../../testing/index.ts";
import type { DatabaseOptions } from "../open-database.ts";
import { openWithKey } from "../open-file.ts";
import { connectionConfig } from "../postgres/connect.ts";
import { optionsFor } from "./world.ts";
import type { TestOptions } from "./world.ts";

type Change = Partial<Pick<DatabaseOptions, "sealer" | "clock" | "log">>;
type Row = Readonly<Record<string, unknown>>;

/** Somebody who has the database's key or password, and none of the keys of content. */
export interface Intruder {
  ask(text: string): Promise<readonly Row[]>;
  /** Every table of ours with its rows, in a form that can be compared and searched. */
  everything(): Promise<Readonly<Record<string, readonly Row[]>>>;
  close(): Promise<void>;
}

export interface TestEngine extends Pick<Places, "name" | "engine"> {
  /** A place where nothing is yet; opening it twice opens the same one. */
  options(change?: Change): TestOptions;
  intruder(options: TestOptions): Promise<Intruder>;
  /** All that the engine wrote to the disk for this place, as it stands there. */
  bytesOnDisk(options: TestOptions): Buffer;
}

const everythingOf = async (
  tables: readonly string[],
  ask: Intruder["ask"],
): Promise<Readonly<Record<string, readonly Row[]>>> => {
  const found: Record<string, readonly Row[]> = {};
  // An engine may keep rows that were changed in another order.
  for (const table of tables)
    found[table] = (await ask(`select * from "${table}"`)).toSorted((a, b) =>
      JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
    );
  return found;
};

const intoFile = ({ file, key }: DatabaseOptions): Intruder => {
  const raw = openWithKey(file, key, { readonly: false });
  const ask = async (text: string): Promise<readonly Row[]> => {
    if (!/^select/i.test(text)) return (raw.exec(text), []);
    return raw.prepare<[], Row>(text).all();
  };
  const tables = raw
    .prepare<[], string>(
      "select name from sqlite_master where type = 'table' and name not like '%\\_words%' escape '\\' order by name",
    )
    .pluck()
    .all();
  return { ask, everything: () => everythingOf(tables, ask), close: async () => void raw.close() };
};

const intoServer = async (config: pg.ClientConfig): Promise<Intruder> => {
  const client = new pg.Client(config);
  client.on("error", () => undefined);
  await client.connect();
  const ask = async (text: string): Promise<readonly Row[]> => (await client.query<Row & pg.QueryResultRow>(text)).rows;
  const tables = await ask("select tablename from pg_tables where schemaname = current_schema() order by 1");
  const names = tables.map(({ tablename }) => String(tablename));
  return { ask, everything: () => everythingOf(names, ask), close: () => client.end() };
};

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true })
    .map((path) => join(folder, String(path)))
    .filter((path) => statSync(path).isFile());

const engineOf = (places: Places, server: (() => TestServer) | null): TestEngine => ({
  name: places.name,
  engine: places.engine,
  options: (change = {}) => {
    const { sealer, clock, log } = optionsFor("", change);
    return { ...places.fresh(), sealer, clock, log };
  },
  intruder: async (options) =>
    "file" in options
      ? intoFile(options)
      : intoServer(connectionConfig(options.connection, options.schema ?? "moltbot")),
  bytesOnDisk: (options) => {
    const data = server === null ? "" : join(server().folder, "data");
    const files =
      "file" in options
        ? ["", "-wal"].map((suffix) => options.file + suffix)
        : ["base", "pg_wal"].flatMap((folder) => filesBelow(join(data, folder)));
    return Buffer.concat(files.map((path) => readFileSync(path, { flag: "a+" })));
  },
});

/** Runs the suite with a PostgreSQL server of its own; skipped with the reason where there is none. */
export const onPostgres = (suite: (engine: TestEngine, server: () => TestServer) => void): void => {
  onPostgresPlaces((places, server) => {
    suite(engineOf(places, server), server);
  });
};

/** Runs the suite once with each engine. */
export const onEveryEngine = (suite: (engine: TestEngine) => void): void => {
  onEveryPlace((places, server) => {
    suite(engineOf(places, server));
  });
};
