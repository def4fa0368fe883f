import { copyFileSync, existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { done } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { copiesBeforeMigrations } from "./before-migration.ts";
import { MIGRATIONS } from "./migrate.ts";
import type { Migration } from "./migrate.ts";
import { openDatabase, openWithParts } from "./open-database.ts";
import type { DatabaseOptions } from "./open-database.ts";
import { openWithKey } from "./open-file.ts";
import { planMigrations } from "./plan-migrations.ts";
import { must, openTest, optionsFor, removeFolders, silent, temporaryFile } from "./testing/world.ts";
import { visibility } from "./visibility.ts";

afterEach(removeFolders);

const KNOWN = MIGRATIONS.at(-1)?.version ?? 0;
const further = (version: number, ...statements: readonly string[]): Migration => ({
  version,
  name: `further ${String(version)}`,
  statements: () => statements,
});
const TABLE = "CREATE TABLE further (id TEXT PRIMARY KEY)";
const BROKEN = "INSERT INTO nowhere VALUES (1)";

/** A database of today with a row in it. */
const withRow = async (): Promise<DatabaseOptions> => {
  const options = optionsFor(temporaryFile());
  await (await openTest(options)).close();
  const raw = openWithKey(options.file, options.key, { readonly: false });
  raw.prepare("INSERT INTO epochs (tenant_id, epoch) VALUES ('a tenant', 7)").run();
  raw.close();
  return options;
};
const open = (options: DatabaseOptions, ...more: readonly Migration[]) =>
  openWithParts(options, { visibility, migrations: [...MIGRATIONS, ...more] });

const epochIn = (file: string, options: DatabaseOptions): unknown => {
  const raw = openWithKey(file, options.key, { readonly: false });
  const epoch = raw.prepare("SELECT epoch FROM epochs").pluck().get();
  raw.close();
  return epoch;
};
const tablesOf = (options: DatabaseOptions): readonly string[] => {
  const raw = openWithKey(options.file, options.key, { readonly: false });
  const names = raw.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
  raw.close();
  return names;
};

describe("a copy before the schema changes", () => {
  it("is made of a database with rows, sealed as that one is, and named in the log", async () => {
    const options = await withRow();
    const said: unknown[] = [];
    const log = { ...silent, info: (message: string, fields?: object) => void said.push([message, fields]) };
    await must(await open({ ...options, log }, further(KNOWN + 1, TABLE))).close();
    const copy = `${options.file}.before-${String(KNOWN + 1).padStart(4, "0")}`;
    expect(copiesBeforeMigrations(options.file)).toEqual([copy]);
    expect(said).toEqual([["the database was copied before its schema changes", { copy: copy.split("/").at(-1) }]]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(readFileSync(copy).includes("a tenant")).toBe(false);
    expect(epochIn(copy, options)).toBe(7);
    // It opens as a database of its own: that is the way back.
    const back = { ...options, file: temporaryFile() };
    copyFileSync(copy, back.file);
    const db = must(await openDatabase(back));
    expect(must(await db.check())).toEqual([]);
    await db.close();
  });

  it("is not made of a new or an empty database, nor when nothing changes", async () => {
    const empty = optionsFor(temporaryFile());
    await (await openTest(empty)).close();
    await must(await open(empty, further(KNOWN + 1, TABLE))).close();
    expect(copiesBeforeMigrations(empty.file)).toEqual([]);
    const options = await withRow();
    await (await openTest(options)).close();
    expect(copiesBeforeMigrations(options.file)).toEqual([]);
  });

  it("is kept of the two newest changes alone", async () => {
    const options = await withRow();
    const steps = [1, 2, 3].map((n) => further(KNOWN + n, `CREATE TABLE t${String(n)} (id TEXT)`));
    for (let n = 1; n <= 3; n += 1) await must(await open(options, ...steps.slice(0, n))).close();
    expect(copiesBeforeMigrations(options.file).map((file) => Number(file.slice(-4)))).toEqual([KNOWN + 3, KNOWN + 2]);
  });

  it("comes before anything changes: where it cannot be made, the database stays as it was", async () => {
    const options = await withRow();
    // A folder stands where the copy should lie.
    const { mkdirSync } = await import("node:fs");
    mkdirSync(`${options.file}.before-${String(KNOWN + 1).padStart(4, "0")}`);
    const refused = await open(options, further(KNOWN + 1, TABLE));
    expect(refused).toMatchObject({ ok: false, error: { code: "DATABASE_UNAVAILABLE" } });
    expect(tablesOf(options)).not.toContain("further");
    expect(readdirSync(dirname(options.file)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("an erasure", () => {
  it("removes the copies: they hold what was there before it", async () => {
    const options = await withRow();
    const db = must(await open(options, further(KNOWN + 1, TABLE)));
    expect(copiesBeforeMigrations(options.file)).toHaveLength(1);
    must(await db.privacy.scrub());
    expect(copiesBeforeMigrations(options.file)).toEqual([]);
    await db.close();
  });
});

describe("a migration that fails", () => {
  it("leaves the database as it was, and the copy beside it", async () => {
    const options = await withRow();
    await expect(open(options, further(KNOWN + 1, TABLE, BROKEN))).rejects.toThrow("nowhere");
    expect(tablesOf(options)).not.toContain("further");
    expect(epochIn(options.file, options)).toBe(7);
    expect(copiesBeforeMigrations(options.file)).toHaveLength(1);
    const db = must(await openDatabase(options));
    expect(must(await db.check())).toEqual([]);
    await db.close();
  });
});

describe("trying migrations", () => {
  it("says what would happen and changes nothing", async () => {
    const options = await withRow();
    const plan = must(await planMigrations(options, [...MIGRATIONS, further(KNOWN + 1, TABLE)]));
    expect(plan).toEqual({
      found: KNOWN,
      known: KNOWN + 1,
      pending: [{ version: KNOWN + 1, name: `further ${String(KNOWN + 1)}` }],
      problem: null,
    });
    expect(tablesOf(options)).not.toContain("further");
    expect(copiesBeforeMigrations(options.file)).toEqual([]);
  });

  it("says which one does not go through, and why", async () => {
    const options = await withRow();
    const plan = must(
      await planMigrations(options, [...MIGRATIONS, further(KNOWN + 1, TABLE), further(KNOWN + 2, BROKEN)]),
    );
    expect(plan.problem?.version).toBe(KNOWN + 2);
    expect(plan.problem?.says).toContain("nowhere");
    expect(tablesOf(options)).not.toContain("further");
  });

  it("makes no key and no file", async () => {
    const made: string[] = [];
    const options = await withRow();
    const { sealer } = options;
    const watched = {
      ...sealer,
      seal: (...given: Parameters<typeof sealer.seal>) => {
        made.push(given[1]);
        return sealer.seal(...given);
      },
    };
    const sealing: Migration = {
      version: KNOWN + 1,
      name: "sealing",
      statements: () => [TABLE],
      convert: async (tools) => {
        must(tools.sealer.seal(["person:x"], "record", "text"));
        return done;
      },
    };
    expect(must(await planMigrations({ ...options, sealer: watched }, [...MIGRATIONS, sealing])).problem).toBeNull();
    expect(made).toEqual([]);
    const nothing = temporaryFile();
    expect(must(await planMigrations({ ...options, file: nothing }))).toMatchObject({ found: 0, problem: null });
    expect(existsSync(nothing)).toBe(false);
  });

  it("refuses a database of a newer program, and one that does not open", async () => {
    const options = await withRow();
    expect(await planMigrations(options, MIGRATIONS.slice(0, 2))).toMatchObject({
      ok: false,
      error: { code: "DATABASE_TOO_NEW" },
    });
    expect(await planMigrations({ ...options, key: new Uint8Array(32) })).toMatchObject({
      ok: false,
      error: { code: "DATABASE_DAMAGED" },
    });
  });
});
