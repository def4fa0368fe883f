/** One suite for both engines: what a repository promises, it promises on each. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import type { PostgresPlace } from "../database/index.ts";
import { startPostgres, whyNoPostgres } from "./postgres.ts";
import type { TestServer } from "./postgres.ts";

/** Where one database lies. */
export type Place =
  | { readonly file: string; readonly key: Uint8Array }
  | { readonly connection: PostgresPlace; readonly schema: string };

export interface Places {
  readonly name: "SQLite" | "PostgreSQL";
  readonly engine: "sqlite" | "postgres";
  /** One where nothing is yet; it is gone when the suite ends. */
  fresh(): Place;
}

const files = (): Places & { remove(): void } => {
  const folders: string[] = [];
  return {
    name: "SQLite",
    engine: "sqlite",
    fresh: () => {
      const folder = mkdtempSync(join(tmpdir(), "moltbot-database-"));
      folders.push(folder);
      return { file: join(folder, "moltbot.db"), key: new Uint8Array(32).fill(7) };
    },
    remove: () => {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** The server of this test file; its suites share it, each place is a schema of its own. */
const schemas = (server: () => TestServer): Places => {
  let count = 0;
  return {
    name: "PostgreSQL",
    engine: "postgres",
    fresh: () => {
      count += 1;
      return { connection: server().place, schema: `test_${String(count)}` };
    },
  };
};

/** Runs the suite with a PostgreSQL server of its own; skipped with the reason where there is none. */
export const onPostgresPlaces = (suite: (places: Places, server: () => TestServer) => void): void => {
  // Where everything must run, what cannot be started fails.
  const reason = process.env["CI"] === "true" ? null : whyNoPostgres();
  describe.skipIf(reason !== null)(`on PostgreSQL${reason === null ? "" : ` (skipped: it ${reason})`}`, () => {
    let server: TestServer | undefined;
    const running = (): TestServer => {
      if (server === undefined) throw new Error("the server is not running");
      return server;
    };
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(async () => {
      await server?.stop();
    });
    suite(schemas(running), running);
  });
};

/** Runs the suite once with each engine. */
export const onEveryPlace = (suite: (places: Places, server: (() => TestServer) | null) => void): void => {
  describe("on SQLite", () => {
    const places = files();
    afterAll(() => {
      places.remove();
    });
    suite(places, null);
  });
  onPostgresPlaces((places, server) => {
    suite(places, server);
  });
};
