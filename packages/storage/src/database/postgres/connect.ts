import pg from "pg";
import { PostgresFault } from "./errors.ts";

/** Where the server is. The string form is `postgres://user:password@host:port/database`, `host=` for a socket's folder. */
export interface PostgresPlace {
  /** A name or address, or the folder of the server's Unix socket. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly database: string;
  readonly user: string;
  readonly password?: string | undefined;
  /** The certificate authority of the server as PEM, when it is none that everybody knows. */
  readonly authority?: string | undefined;
}

const PORT = 5_432;
const CONNECT_MILLISECONDS = 10_000;
const LOCK_MILLISECONDS = 30_000;
const IDLE_MILLISECONDS = 60_000;
/** Longer than every wait inside the server, so that only a dead network reaches it. */
const ANSWER_MILLISECONDS = 120_000;

const placeOf = (text: string): PostgresPlace => {
  const url = URL.parse(text);
  const folder = url?.searchParams.get("host");
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) throw new PostgresFault("its address cannot be read");
  // What is not understood, such as `sslmode=disable`, must not be passed over.
  if ([...url.searchParams.keys()].some((key) => key !== "host"))
    throw new PostgresFault("its address has options that are not known here");
  return {
    host: folder ?? url.hostname,
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
  };
};

const OWN_MACHINE: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "::1", "[::1]"]);
/** Content is sealed, but ids, times and the password are not: what leaves the machine goes through verified TLS. */
const tlsOf = ({ host, authority }: PostgresPlace): pg.PoolConfig["ssl"] => {
  if (host.startsWith("/") || OWN_MACHINE.has(host)) return false;
  return { rejectUnauthorized: true, ...(authority === undefined ? {} : { ca: authority }) };
};

const safe = (text: string): number => {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new PostgresFault("a number in it is too large");
  return number;
};
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, safe);
types.setTypeParser(pg.types.builtins.NUMERIC, safe);

/** What every connection to one schema is made with. `schema` must be an identifier that needs no quotes. */
export const connectionConfig = (connection: string | PostgresPlace, schema: string): pg.ClientConfig => {
  const place = typeof connection === "string" ? placeOf(connection) : connection;
  return {
    host: place.host,
    port: place.port ?? PORT,
    database: place.database,
    user: place.user,
    ...(place.password === undefined ? {} : { password: place.password }),
    ssl: tlsOf(place),
    types,
    application_name: "moltbot",
    client_encoding: "UTF8",
    // An acknowledged row survives a power cut of the server, whatever its settings say.
    options: `-c search_path=${schema} -c synchronous_commit=on`,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    lock_timeout: LOCK_MILLISECONDS,
    idle_in_transaction_session_timeout: IDLE_MILLISECONDS,
    query_timeout: ANSWER_MILLISECONDS,
    keepAlive: true,
  };
};

/** For what may take long and stand still: migrations, checks, backups. */
export const withoutHaste = (config: pg.ClientConfig): pg.ClientConfig => {
  const { query_timeout: _answer, idle_in_transaction_session_timeout: _idle, ...patient } = config;
  return patient;
};

/** A pool whose cut connections end in the errors of their queries, never in an event that nobody hears. */
export const createPool = (config: pg.ClientConfig, max: number): pg.Pool => {
  const pool = new pg.Pool({ ...config, max, allowExitOnIdle: true });
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
};
