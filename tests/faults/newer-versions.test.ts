import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "@moltbot/contracts";
import { verifyBackup } from "@moltbot/storage/backup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWithKey } from "../../packages/storage/src/database/open-file.ts";
import { startPostgres, whyNoPostgres } from "../../packages/storage/src/testing/postgres.ts";
import type { TestServer } from "../../packages/storage/src/testing/postgres.ts";
import { must } from "../support/guard-house.ts";
import { openStorage } from "../support/storage-house.ts";
import { BACKUP, copyOf, fillHome, lookAt, newFolder, removeFolders } from "./filled-home.ts";
import type { Filled } from "./filled-home.ts";

const LATER = 1_000;
const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

describe("what a newer version wrote is named, and left as it is", { timeout: 60_000 }, () => {
  let whole: Filled;
  beforeAll(async () => {
    const { house, ...filled } = await fillHome(newFolder());
    await house.close();
    whole = filled;
  }, 30_000);
  afterAll(removeFolders);

  it("a SQLite database of a newer schema is DATABASE_TOO_NEW, and opens once it is the older one again", async () => {
    const home = copyOf(whole);
    const file = join(home.folder, "home", "moltbot.db");
    const house = must(await openStorage(home.folder, null));
    const key = house.vault.key("database");
    await house.close();
    const change = (statement: string): void => {
      const handle = openWithKey(file, key, { readonly: false });
      handle.exec(statement);
      handle.close();
    };
    change(`INSERT INTO schema_versions VALUES (${String(LATER)}, 'later', '2027-01-01T00:00:00.000Z')`);
    const before = readFileSync(file);
    const found = await openStorage(home.folder, null);
    expect(found.ok ? null : found.error).toMatchObject({ code: "DATABASE_TOO_NEW", context: { found: LATER } });
    expect(readFileSync(file).equals(before)).toBe(true);
    change(`DELETE FROM schema_versions WHERE version = ${String(LATER)}`);
    expect(await lookAt(home)).toMatchObject({ codes: [], silentlyLost: [] });
  });

  it.each([
    ["with fields that this version does not know", { version: 3, keys: { wrapped: "abc" }, checksum: "def" }],
    ["with openers that look like ours", { version: 3, openers: [], id: "x", checksum: "0" }],
  ])("a newer vault.json %s is DATABASE_TOO_NEW, and stays", async (_what, content) => {
    const home = copyOf(whole);
    const file = join(home.folder, "home", "vault", "vault.json");
    const text = `${JSON.stringify(content, null, 2)}\n`;
    const original = readFileSync(file);
    writeFileSync(file, text);
    const found = await openStorage(home.folder, null);
    expect(found.ok ? null : found.error).toMatchObject({ code: "DATABASE_TOO_NEW", context: { found: "vault 3" } });
    expect(readFileSync(file, "utf8")).toBe(text);
    writeFileSync(file, original);
    expect(await lookAt(home)).toMatchObject({ codes: [], silentlyLost: [] });
  });

  it("a vault.json in which only the version was changed is damaged: nobody is sent to look for a newer program", async () => {
    const home = copyOf(whole);
    const file = join(home.folder, "home", "vault", "vault.json");
    writeFileSync(file, readFileSync(file, "utf8").replace('"version": 2', '"version": 3'));
    expect((await lookAt(home)).codes).toEqual(["VAULT_DAMAGED"]);
  });

  it("a newer backup is BACKUP_TOO_NEW, and one of another vault BACKUP_UNREADABLE, whichever of the two is asked", async () => {
    const { house, ...stranger } = await fillHome(newFolder());
    const file = join(whole.folder, BACKUP);
    expect(codeOf(await verifyBackup(file, house.vault.key("backup")))).toBe("BACKUP_UNREADABLE");
    const own = join(stranger.folder, BACKUP);
    expect(must(await verifyBackup(own, house.vault.key("backup"))).ok).toBe(true);
    const newer = readFileSync(own);
    newer.writeUInt16BE(9, 8);
    writeFileSync(`${own}.newer`, newer);
    expect(codeOf(await verifyBackup(`${own}.newer`, house.vault.key("backup")))).toBe("BACKUP_TOO_NEW");
    await house.close();
  });
});

const reason = whyNoPostgres();
describe.skipIf(reason !== null)(`on PostgreSQL${reason === null ? "" : ` (skipped: it ${reason})`}`, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    removeFolders();
  });

  it("a database of a newer schema is DATABASE_TOO_NEW, and opens once it is the older one again", async () => {
    const folder = newFolder();
    const house = must(await openStorage(folder, server.place));
    await house.close();
    await server.ask(
      `INSERT INTO moltbot.schema_versions VALUES (${String(LATER)}, 'later', '2027-01-01T00:00:00.000Z')`,
    );
    expect(codeOf(await openStorage(folder, server.place))).toBe("DATABASE_TOO_NEW");
    await server.ask(`DELETE FROM moltbot.schema_versions WHERE version = ${String(LATER)}`);
    const again = must(await openStorage(folder, server.place));
    expect(must(await again.audit.verify()).ok).toBe(true);
    await again.close();
  }, 30_000);
});
