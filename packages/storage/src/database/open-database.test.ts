import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ok } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { openDatabase } from "./index.ts";
import { MIGRATIONS } from "./migrate.ts";
import { openWithParts } from "./open-database.ts";
import { filesOf, openWithKey } from "./open-file.ts";
import {
  aConversation,
  codeOf,
  must,
  openTest,
  optionsFor,
  person,
  removeFolders,
  scopeOf,
  temporaryFile,
} from "./testing/world.ts";
import { visibility } from "./visibility.ts";

const ada = person();
const me = scopeOf(ada);
afterAll(removeFolders);

const created = async (): Promise<ReturnType<typeof optionsFor>> => {
  const options = optionsFor(temporaryFile());
  const db = await openTest(options);
  must(await db.conversations.create(me, aConversation(ada)));
  await db.close();
  return options;
};

describe("opening", () => {
  it("makes a file for this user alone and leaves one file behind", async () => {
    const options = optionsFor(temporaryFile());
    const db = must(await openDatabase(options));
    must(await db.conversations.create(me, aConversation(ada)));
    for (const file of filesOf(options.file)) expect([file, statSync(file).mode & 0o777]).toEqual([file, 0o600]);
    await db.close();
    expect(filesOf(options.file).map((file) => existsSync(file))).toEqual([true, false, false]);
  });

  it("mends the mode of a file that others could read", async () => {
    const options = await created();
    chmodSync(options.file, 0o644);
    const db = await openTest(options);
    expect(statSync(options.file).mode & 0o777).toBe(0o600);
    await db.close();
  });

  it("pays no passphrase derivation: the page key is used as it is", async () => {
    const options = await created();
    const asPassphrase = openWithKey(options.file, options.key, { readonly: true });
    expect(asPassphrase.prepare("select count(*) from conversations").pluck().get()).toBe(1);
    asPassphrase.close();
    const { default: Sqlite } = await import("better-sqlite3-multiple-ciphers");
    const derived = new Sqlite(options.file, { readonly: true, fileMustExist: true, timeout: 1 });
    derived.pragma("cipher = 'aegis'");
    derived.key(Buffer.from(options.key)); // without `raw:` the same bytes are a passphrase
    expect(() => derived.prepare("select count(*) from conversations")).toThrow("not a database");
    derived.close();
  });

  it("names a wrong key", async () => {
    const options = await created();
    const refused = await openDatabase({ ...options, key: new Uint8Array(32).fill(8) });
    expect(codeOf(refused)).toBe("DATABASE_DAMAGED");
    expect(refused.ok ? "" : refused.error.message).toContain("another vault");
  });

  it("names a first page that was changed", async () => {
    for (const at of [0, 15, 18, 30, 2000, 4095]) {
      const options = await created();
      const bytes = readFileSync(options.file);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(options.file, bytes);
      expect([at, codeOf(await openDatabase(options))]).toEqual([at, "DATABASE_DAMAGED"]);
    }
  });

  it("refuses a schema of a newer program and leaves it alone", async () => {
    const options = optionsFor(temporaryFile());
    const newer = [
      ...MIGRATIONS,
      { version: MIGRATIONS.length + 1, name: "later", statements: () => ["CREATE TABLE later (id TEXT)"] },
    ];
    await (await openTest(options, { migrations: newer })).close();
    const before = readFileSync(options.file);
    const refused = await openDatabase(options);
    expect(codeOf(refused)).toBe("DATABASE_TOO_NEW");
    expect(refused.ok ? null : refused.error.context).toEqual({ found: newer.length, known: MIGRATIONS.length });
    expect(readFileSync(options.file).equals(before)).toBe(true);
  });

  it("goes forward from an older schema, once, keeping what is there", async () => {
    const options = await created();
    const newer = [
      ...MIGRATIONS,
      {
        version: MIGRATIONS.length + 1,
        name: "later",
        statements: () => ["CREATE TABLE later (id TEXT)", "INSERT INTO later VALUES ('x')"],
      },
    ];
    for (let round = 0; round < 2; round += 1) {
      const db = await openTest(options, { migrations: newer });
      expect(must(await db.conversations.list(me, 9))).toHaveLength(1);
      await db.close();
    }
    const reader = openWithKey(options.file, options.key, { readonly: true });
    expect(reader.prepare("select count(*) from later").pluck().get()).toBe(1);
    reader.close();
  });

  it("leaves nothing of a migration that failed half way", async () => {
    const options = await created();
    const broken = [
      ...MIGRATIONS,
      {
        version: MIGRATIONS.length + 1,
        name: "broken",
        statements: () => ["CREATE TABLE half (id TEXT UNIQUE)", "INSERT INTO half VALUES ('x'), ('x')"],
      },
    ];
    expect(codeOf(await openWithParts(options, { visibility, migrations: broken }))).toBe("CONFLICT");
    const db = await openTest(options);
    expect(must(await db.check())).toEqual([]);
    await db.close();
    const reader = openWithKey(options.file, options.key, { readonly: true });
    expect(reader.prepare("select count(*) from sqlite_master where name = 'half'").pluck().get()).toBe(0);
    reader.close();
  });

  it("names a folder that does not exist", async () => {
    const folder = mkdtempSync(join(tmpdir(), "moltbot-gone-"));
    rmSync(folder, { recursive: true });
    expect(codeOf(await openDatabase(optionsFor(join(folder, "moltbot.db"))))).toBe("DATABASE_UNAVAILABLE");
    expect(existsSync(dirname(join(folder, "x")))).toBe(false);
  });

  it("has versions that count from one without a gap", () => {
    expect(MIGRATIONS.map((migration) => migration.version)).toEqual(MIGRATIONS.map((_each, index) => index + 1));
  });

  it("closes only after the running transaction", async () => {
    const options = await created();
    const db = await openTest(options);
    const conversation = aConversation(ada);
    const work = db.atomically(async (inside) => {
      must(await inside.conversations.create(me, conversation));
      await new Promise((resolve) => setTimeout(resolve, 2));
      return ok(null);
    });
    await db.close();
    must(await work);
    const again = await openTest(options);
    expect(must(await again.conversations.list(me, 9))).toHaveLength(2);
    await again.close();
  });
});
