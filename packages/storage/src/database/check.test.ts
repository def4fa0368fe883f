import { copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "./index.ts";
import { walDamage } from "./inspect-wal.ts";
import { openWithKey } from "./open-file.ts";
import {
  aConversation,
  aMemory,
  aMessage,
  must,
  openTest,
  optionsFor,
  person,
  removeFolders,
  scopeOf,
  temporaryFile,
} from "./testing/world.ts";

const ada = person();
const me = scopeOf(ada);
const options = optionsFor(temporaryFile());
/** A database with a history of deletes, so that free pages would exist if they could. */
let intact: Buffer;
/** The files of a process that was killed before it wrote its log back. */
let killed: { readonly main: Buffer; readonly log: Buffer };

beforeAll(async () => {
  const db = await openTest(options);
  const home = aConversation(ada);
  must(await db.conversations.create(me, home));
  for (let n = 0; n < 20; n += 1)
    must(await db.conversations.append(me, "main", aMessage(home, `message ${"x".repeat(n * 400)}`)));
  for (let n = 0; n < 20; n += 1) must(await db.memories.create(me, aMemory(ada, `a memory of ${n}`)));
  const rows = Array.from({ length: 200 }, (_each, sequence) => ({
    sequence,
    leaf: "ab".repeat(32),
    subject: "person:x",
    sealed: new Uint8Array(200),
  }));
  must(await db.auditDetails.put(rows, 0));
  must(await db.auditDetails.truncate(10));
  must(await db.check()); // writes the log back
  must(await db.conversations.append(me, "main", aMessage(home, "one")));
  must(await db.conversations.append(me, "main", aMessage(home, "two")));
  must(await db.conversations.append(me, "main", aMessage(home, "three")));
  killed = { main: readFileSync(options.file), log: readFileSync(`${options.file}-wal`) };
  await db.close();
  intact = readFileSync(options.file);
});
afterAll(removeFolders);

const flipped = (bytes: Buffer, at: number, mask: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
};

/** What opening and checking say about these files. */
const faultsOf = async (main: Buffer, log: Buffer | null): Promise<readonly string[]> => {
  const copy = { ...options, file: temporaryFile() };
  writeFileSync(copy.file, main, { mode: 0o600 });
  if (log !== null) writeFileSync(`${copy.file}-wal`, log, { mode: 0o600 });
  const opened = await openDatabase(copy);
  if (!opened.ok) return [opened.error.code];
  const faults = must(await opened.value.check());
  await opened.value.close();
  return faults;
};

describe("check", () => {
  it("finds nothing in an intact file", async () => {
    expect(await faultsOf(intact, null)).toEqual([]);
    expect(await faultsOf(killed.main, killed.log)).toEqual([]);
    expect(statSync(options.file).size % 4096).toBe(0);
  });

  it("finds a flipped bit on every page", async () => {
    for (let page = 0; page * 4096 < intact.length; page += 1) {
      const at = page * 4096 + ((page * 977) % 4096);
      expect([page, (await faultsOf(flipped(intact, at, 1), null)).length]).not.toEqual([page, 0]);
    }
  });

  it("finds every flipped byte of the head, which no tag covers", async () => {
    for (let at = 0; at < 24; at += 1)
      expect([at, (await faultsOf(flipped(intact, at, 0x80), null)).length]).not.toEqual([at, 0]);
  });

  it("finds a flipped byte anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(intact.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        expect(await faultsOf(flipped(intact, at, mask), null)).not.toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("finds a page that was put in another's place, and a file that was cut short", async () => {
    const swapped = Buffer.from(intact);
    intact.copy(swapped, 3 * 4096, 4 * 4096, 5 * 4096);
    expect(await faultsOf(swapped, null)).not.toEqual([]);
    expect(await faultsOf(intact.subarray(0, intact.length - 4096), null)).not.toEqual([]);
  });

  it("finds damage while the database runs, although its cache is warm", async () => {
    const copy = { ...options, file: temporaryFile() };
    copyFileSync(options.file, copy.file);
    const db = must(await openDatabase(copy));
    must(await db.conversations.list(me, 10));
    expect(must(await db.check())).toEqual([]);
    writeFileSync(copy.file, flipped(readFileSync(copy.file), 5 * 4096 + 100, 1));
    expect(must(await db.check())).not.toEqual([]);
    await db.close();
  });
});

describe("unplug: without full auto-vacuum, a free page hides a flipped byte from the engine's own check", () => {
  it("although its tag is wrong", async () => {
    const file = temporaryFile();
    const handle = openWithKey(file, options.key, { readonly: false });
    handle.exec(
      "PRAGMA auto_vacuum = NONE; CREATE TABLE big (bytes BLOB); INSERT INTO big VALUES (zeroblob(100000)); DROP TABLE big;",
    );
    handle.close();
    const bytes = readFileSync(file);
    const missed = [];
    for (let page = 1; page * 4096 < bytes.length; page += 1) {
      writeFileSync(file, flipped(bytes, page * 4096 + 50, 1));
      const reader = openWithKey(file, options.key, { readonly: true });
      try {
        if (reader.prepare("PRAGMA integrity_check").pluck().get() === "ok") missed.push(page);
      } catch {
        // a page that the check does read
      }
      reader.close();
    }
    expect(missed.length).toBeGreaterThan(5);
  });
});

describe("the write-ahead log of a killed process", () => {
  it("is reported when a byte before its last transaction was changed", async () => {
    const frame = 24 + 4096;
    const frames = (killed.log.length - 32) / frame;
    const commits = Array.from({ length: frames }, (_each, n) => n).filter(
      (n) =>
        killed.log.readUInt32BE(32 + n * frame + 4) !== 0 &&
        killed.log.subarray(32 + n * frame + 8, 32 + n * frame + 16).equals(killed.log.subarray(16, 24)),
    );
    expect(commits.length).toBe(3);
    const last = 32 + ((commits[1] ?? 0) + 1) * frame;
    await fc.assert(
      fc.asyncProperty(fc.nat(last - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const opened = await faultsOf(killed.main, flipped(killed.log, at, mask));
        expect([at, opened]).toEqual([at, ["DATABASE_DAMAGED"]]);
      }),
      { numRuns: 80 },
    );
  });

  it("loses only the last transaction to a torn end, as a crash does", async () => {
    for (const cut of [1, 100, 4119, 4120])
      expect(await faultsOf(killed.main, killed.log.subarray(0, killed.log.length - cut))).toEqual([]);
    const file = temporaryFile();
    expect(walDamage(file)).toBeNull();
    writeFileSync(`${file}-wal`, Buffer.alloc(10));
    expect(walDamage(file)).toBeNull();
    writeFileSync(`${file}-wal`, Buffer.alloc(8192));
    expect(walDamage(file)).toContain("head");
  });
});

describe("unplug: without the look at the log, SQLite silently forgets acknowledged transactions", () => {
  it("and its own check finds nothing", () => {
    const file = temporaryFile();
    const count = (log: Buffer): unknown => {
      writeFileSync(file, killed.main);
      writeFileSync(`${file}-wal`, log);
      const handle = openWithKey(file, options.key, { readonly: false });
      const rows = handle.prepare("select count(*) from messages").pluck().get();
      expect(handle.prepare("PRAGMA integrity_check").pluck().get()).toBe("ok");
      handle.close();
      return rows;
    };
    expect([count(killed.log), count(flipped(killed.log, 100, 1))]).toEqual([23, 20]);
  });
});
