import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BACKUP, SOUND, copyOf, fillHome, lookAt, newFolder, removeFolders, seeded } from "./filled-home.ts";
import type { Filled } from "./filled-home.ts";

/** What can become of a file: each gives the changed bytes, several times at seeded places; null: the file is gone. */
const FLIPS = 10;
const CUTS = 6;
const KINDS: Readonly<
  Record<string, (bytes: Buffer, random: (below: number) => number) => readonly (Buffer | null)[]>
> = {
  "with one bit flipped": (bytes, random) =>
    Array.from({ length: FLIPS }, (_unused, n) => {
      // The first and the last byte too: heads and newlines are where a reader is careless.
      const at = n === 0 ? 0 : n === 1 ? bytes.length - 1 : random(bytes.length);
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << random(8)), at);
      return flipped;
    }),
  "cut short": (bytes, random) =>
    Array.from({ length: CUTS }, (_unused, n) => {
      let end = n === 0 ? bytes.length - 1 : 1 + random(bytes.length - 1);
      // SQLite reads what is missing of its last page as zeros: a zero that is cut off is no change.
      while (bytes.subarray(end).every((byte) => byte === 0)) end -= 1;
      return Buffer.from(bytes.subarray(0, end));
    }),
  "of no length": () => [Buffer.alloc(0)],
  "of zeros": (bytes) => [Buffer.alloc(bytes.length)],
  "with a page of zeros in its midst": (bytes, random) => {
    const torn = Buffer.from(bytes);
    const at = Math.floor(random(bytes.length) / 512) * 512;
    torn.fill(0, at, Math.min(at + 512, bytes.length));
    return [torn];
  },
  "with something behind its end": (bytes) => [Buffer.concat([bytes, Buffer.from("more\n")])],
  "that is gone": () => [null],
};

interface Case {
  readonly what: string;
  readonly path: (filled: Filled) => string;
  /** The codes in which damage may end. */
  readonly codes: readonly string[];
  /** What does no harm to it: everything is there all the same. */
  readonly harmless?: readonly string[];
}
const inVault =
  (name: string) =>
  ({ folder }: Filled) =>
    join(folder, "home", "vault", name);

const CASES: readonly Case[] = [
  {
    what: "moltbot.db",
    path: ({ folder }) => join(folder, "home", "moltbot.db"),
    codes: ["DATABASE_DAMAGED", "DATABASE_BEHIND_AUDIT"],
    harmless: ["with something behind its end"],
  },
  {
    what: "audit/log.jsonl",
    path: ({ folder }) => join(folder, "home", "audit", "log.jsonl"),
    codes: ["AUDIT_DAMAGED"],
  },
  {
    what: "audit/checkpoint.json",
    path: ({ folder }) => join(folder, "home", "audit", "checkpoint.json"),
    codes: [],
    harmless: Object.keys(KINDS),
  },
  { what: "vault.json", path: inVault("vault.json"), codes: ["VAULT_DAMAGED"] },
  {
    what: "keyring.jsonl",
    path: inVault("keyring.jsonl"),
    codes: ["VAULT_DAMAGED", "CONTENT_UNREADABLE"],
    harmless: ["cut short"],
  },
  { what: "erasures.jsonl", path: inVault("erasures.jsonl"), codes: ["VAULT_DAMAGED"] },
  { what: "secrets.json", path: inVault("secrets.json"), codes: ["VAULT_DAMAGED", "SECRET_NOT_FOUND"] },
  {
    what: "the key file",
    path: ({ folder }) => join(folder, "keys", "home.key"),
    codes: ["VAULT_DAMAGED", "VAULT_LOCKED"],
  },
  {
    what: "an attachment",
    path: ({ folder, address }) => join(folder, "home", "attachments", address.slice(0, 2), address.slice(2)),
    codes: ["CONTENT_UNREADABLE"],
  },
  { what: "a backup", path: ({ folder }) => join(folder, BACKUP), codes: ["BACKUP_UNREADABLE", "BACKUP_TOO_NEW"] },
];

const put = (file: string, bytes: Buffer | null, mode = 0o600): void => {
  if (bytes === null) rmSync(file);
  else writeFileSync(file, bytes, { mode });
};

/** SQLite's three files are one: what is put back is put back together. */
const DATABASE = /moltbot\.db(-wal|-shm)?$/;
/** All files below a folder but the database's own, with what is in them. */
const contentsOf = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder, name))
      .filter((file) => statSync(file).isFile() && !DATABASE.test(file))
      .map((file) => [relative(folder, file), readFileSync(file, "latin1")]),
  );
const changesIn = (folder: string, before: ReadonlyMap<string, string>): readonly string[] => {
  const now = contentsOf(folder);
  return [...before.keys()].filter((name) => before.get(name) !== now.get(name));
};
const putDatabaseBack = (from: string, to: string): void => {
  for (const name of ["moltbot.db", "moltbot.db-wal", "moltbot.db-shm"]) {
    const [source, target] = [join(from, "home", name), join(to, "home", name)];
    if (existsSync(source)) copyFileSync(source, target);
    else rmSync(target, { force: true });
  }
};

describe("a file of a home that was closed in order", { timeout: 60_000 }, () => {
  let whole: Filled;
  beforeAll(async () => {
    const { house, ...filled } = await fillHome(newFolder());
    await house.close();
    whole = filled;
  }, 30_000);
  afterAll(removeFolders);

  it("opens as it is, with everything in it", async () => {
    expect(await lookAt(copyOf(whole))).toEqual(SOUND);
  });

  const table = CASES.flatMap((each, at) =>
    Object.entries(KINDS).map(([kind, damage], n) => [each.what, kind, each, damage, at * 100 + n] as const),
  );
  it.each(table)(
    "%s %s ends in a named error, and nothing is worse than before",
    async (what, kind, each, damage, seed) => {
      const home = copyOf(whole);
      const file = each.path(home);
      const { mode } = statSync(file);
      const original = readFileSync(file);
      for (const bytes of damage(original, seeded(seed))) {
        put(file, bytes);
        const before = contentsOf(home.folder);
        const found = await lookAt(home);
        expect([what, found.silentlyLost]).toEqual([what, []]);
        expect(found.codes.filter((code) => !each.codes.includes(code))).toEqual([]);
        if (each.harmless?.includes(kind) !== true) expect(found.codes).not.toEqual([]);
        // What was refused stays as it was: evidence, and what a person may still save by hand.
        if (!found.opened) expect(changesIn(home.folder, before)).toEqual([]);
        // The way out: what was there before is put back, and everything is there again.
        put(file, original, mode);
        if (DATABASE.test(file)) putDatabaseBack(whole.folder, home.folder);
      }
      expect(await lookAt(home)).toMatchObject({ opened: true, codes: [], silentlyLost: [] });
    },
  );
});

describe("a home that was killed, whose write-ahead log was damaged afterwards", { timeout: 60_000 }, () => {
  let killed: Filled;
  beforeAll(async () => {
    const { house, ...filled } = await fillHome(newFolder());
    killed = copyOf(filled);
    await house.close();
  }, 30_000);
  afterAll(removeFolders);

  it("opens as it is, with everything in it", async () => {
    expect(statSync(join(killed.folder, "home", "moltbot.db-wal")).size).toBeGreaterThan(0);
    expect(await lookAt(copyOf(killed))).toEqual(SOUND);
  });

  it.each(Object.entries(KINDS).map(([kind, damage], n) => [kind, damage, 7_000 + n] as const))(
    "%s: what was recorded is missed by name, and what lies before is there again with the files of the kill",
    async (kind, damage, seed) => {
      const file = join(killed.folder, "home", "moltbot.db-wal");
      const original = readFileSync(file);
      for (const bytes of damage(original, seeded(seed))) {
        const home = copyOf(killed);
        put(join(home.folder, "home", "moltbot.db-wal"), bytes);
        const found = await lookAt(home);
        expect(found.silentlyLost).toEqual([]);
        expect(found.codes.filter((code) => !/^DATABASE_(DAMAGED|BEHIND_AUDIT)$/.test(code))).toEqual([]);
        if (kind !== "with something behind its end") expect([kind, found.codes]).not.toEqual([kind, []]);
        putDatabaseBack(killed.folder, home.folder);
        expect((await lookAt(home)).silentlyLost).toEqual([]);
      }
    },
  );

  it.each([
    ["is gone", null],
    ["has no length", Buffer.alloc(0)],
  ] as const)(
    "a database that %s beside its write-ahead log is named, and the log is left alone",
    async (_what, bytes) => {
      const home = copyOf(killed);
      const wal = join(home.folder, "home", "moltbot.db-wal");
      put(join(home.folder, "home", "moltbot.db"), bytes);
      const before = readFileSync(wal);
      expect((await lookAt(home)).codes).toEqual(["DATABASE_DAMAGED"]);
      expect(readFileSync(wal).equals(before)).toBe(true);
      copyFileSync(join(killed.folder, "home", "moltbot.db"), join(home.folder, "home", "moltbot.db"));
      expect((await lookAt(home)).silentlyLost).toEqual([]);
    },
  );

  it("a log whose last line the kill tore is mended, and says so", async () => {
    const home = copyOf(killed);
    const file = join(home.folder, "home", "audit", "log.jsonl");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, `${text}{"record":{"sequence":`);
    expect(await lookAt(home)).toEqual({ ...SOUND, stated: ["log:recovered"] });
  });
});
