/** A PostgreSQL server of one's own for tests: a temporary folder, a free port on loopback, gone when the test file ends. */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import type { PostgresPlace } from "../database/index.ts";

const DEBIAN = "/usr/lib/postgresql";
const DATABASE = "moltbot";
const USER = "postgres";
const PASSWORD = "a password of a test";
const READY_MILLISECONDS = 60_000;

/** Where `initdb` and `postgres` are: Debian keeps them off the path; null where there are none. */
const programs = (): string | null => {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, "bin")),
    ...(process.env["PATH"] ?? "").split(":"),
  ];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"))) ?? null;
};
/** Whom the server runs as: it refuses root. */
const servant = (): { readonly uid: number; readonly gid: number } | null => {
  if (process.getuid?.() !== 0) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map((what) => Number(execFileSync("id", [what, name], { stdio: "pipe" })));
      if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
    } catch {
      // Not every machine has that user.
    }
  }
  return null;
};

/** Why there can be no server here; null where there can. */
export const whyNoPostgres = (): string | null => {
  if (programs() === null) return "needs PostgreSQL: run scripts/install-postgres.sh";
  return servant() === null ? "needs a user that is not root for PostgreSQL" : null;
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

export interface TestServer {
  /** Over the socket in its folder, as the user who may do everything. */
  readonly place: PostgresPlace;
  /** The same over loopback, for a test that stands in between. */
  readonly overLoopback: PostgresPlace;
  /** Where everything lies that it wrote to the disk. */
  readonly folder: string;
  ask(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Another database of it, empty. */
  newDatabase(): Promise<PostgresPlace>;
  /** `kill`: at once; nothing is written back. */
  halt(how: "orderly" | "kill"): Promise<void>;
  /** After `halt`: the same data again. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

const answers = async (place: PostgresPlace): Promise<boolean> => {
  const client = new pg.Client({ ...place, connectionTimeoutMillis: 1_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** Starts a server whose default order of texts is a language's: what relies on bytes has to say so itself. */
export const startPostgres = async (): Promise<TestServer> => {
  const bin = programs();
  const as = servant();
  if (bin === null || as === null) throw new Error(whyNoPostgres() ?? "no PostgreSQL");
  const folder = mkdtempSync(join(tmpdir(), "moltbot-postgres-"));
  const data = join(folder, "data");
  const passwords = join(folder, "password");
  writeFileSync(passwords, PASSWORD);
  for (const path of [folder, passwords]) chownSync(path, as.uid, as.gid);
  chmodSync(folder, 0o711);
  const options = { ...as, cwd: folder, env: { LC_ALL: "C.UTF-8", TZ: "UTC" } };
  const locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"];
  execFileSync(
    join(bin, "initdb"),
    [
      "-D",
      data,
      "-U",
      USER,
      "-A",
      "scram-sha-256",
      `--pwfile=${passwords}`,
      "--no-sync",
      "--data-checksums",
      ...locale,
    ],
    { ...options, stdio: "pipe" },
  );
  const port = await freePort();
  const place = { host: folder, port, database: "postgres", user: USER, password: PASSWORD };
  let server: ChildProcess | null = null;
  let databases = 0;

  const start = async (): Promise<void> => {
    const child = spawn(
      join(bin, "postgres"),
      [
        "-D",
        data,
        "-k",
        folder,
        "-p",
        String(port),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "fsync=on",
        "-c",
        "recovery_init_sync_method=syncfs",
      ],
      { ...options, stdio: "ignore" },
    );
    server = child;
    for (const until = Date.now() + READY_MILLISECONDS; !(await answers(place)); await wait(50)) {
      if (Date.now() > until || child.exitCode !== null) throw new Error("PostgreSQL did not start");
    }
  };
  const halt = async (how: "orderly" | "kill"): Promise<void> => {
    const child = server;
    server = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(how === "kill" ? "SIGQUIT" : "SIGINT");
    await ended;
  };
  const askIn = async (database: string, text: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const client = new pg.Client({ ...place, database });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  // A worker that ends without its hooks must not leave a server behind.
  process.once("exit", () => void server?.kill("SIGQUIT"));

  await start();
  await askIn("postgres", `CREATE DATABASE ${DATABASE}`);
  await askIn(DATABASE, "CREATE EXTENSION amcheck").catch(() => undefined); // checked where the server has it
  return {
    place: { ...place, database: DATABASE },
    overLoopback: { ...place, host: "127.0.0.1", database: DATABASE },
    folder,
    ask: (text) => askIn(DATABASE, text),
    newDatabase: async () => {
      databases += 1;
      const database = `${DATABASE}_${databases}`;
      await askIn("postgres", `CREATE DATABASE ${database}`);
      return { ...place, database };
    },
    halt,
    start,
    stop: async () => {
      await halt("kill");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
