import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { CommandExit } from "../context.ts";
import { run } from "../testing/run.ts";
import { readWords } from "./read-words.ts";

const folder = mkdtempSync(join(tmpdir(), "moltbot-words-"));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => vi.stubEnv("NO_COLOR", "1"));
afterEach(() => vi.restoreAllMocks());

const status = (wish: object = {}) => ({
  sealedBy: "passphrase (Argon2id)",
  openers: ["passphrase", "recovery-code"],
  argon2: { passes: 3, parallelism: 4, memoryKib: 65_536 },
  keyring: { generation: 2, epoch: 1, keys: 40 },
  autoLockMinutes: 15,
  unlockedAt: "2026-11-22T10:00:00.000Z",
  ...wish,
});
const STATUS = { "GET /v2/vault": { json: status() } } as const;
const state = (locked: boolean, more: object = {}) => ({
  "GET /v2/vault/state": { json: { locked, openers: ["passphrase"], problem: null, ...more } },
});
const problem = (code: string) => ({
  status: 403,
  json: { code, detail: "it says no", next: "again", family: "StorageError", recoverable: true, context: {} },
});

describe("vault status", () => {
  it("tells how it is sealed in aligned rows, or as JSON", async () => {
    const told = await run(["vault", "status"], STATUS);
    expect(told.out).toContain("sealed by   passphrase (Argon2id)");
    expect(told.out).toContain("costs       Argon2id: 3 passes, 64 MiB, 4 lanes");
    expect(told.out).toContain("keys        40, generation 2, epoch 1");
    expect(told.out).toContain("after 15 idle minutes");
    expect(JSON.parse((await run(["vault", "--json"], STATUS)).out)).toEqual(status());
    const plain = { "GET /v2/vault": { json: status({ argon2: null, openers: ["key-file"], autoLockMinutes: 0 }) } };
    expect((await run(["vault"], plain)).out).toContain("no passphrase");
  });
});

describe("lock and unlock", () => {
  it("locks, and says how to go on", async () => {
    const done = await run(["lock"], { ...state(true), "POST /v2/vault/lock": { json: {} } });
    expect(done).toMatchObject({ exit: 0 });
    expect(done.out).toContain("✓ locked; ./moltbot unlock");
  });

  it("has nothing to do at an open door", async () => {
    const done = await run(["unlock", "--json"], state(false));
    expect(JSON.parse(done.out)).toEqual({ locked: false });
    expect(done.asked).toHaveLength(1);
  });

  it("brings the passphrase of a file to the door, and never shows it", async () => {
    const done = await run(["unlock", "--passphrase-file", file("p", "secret canary\n")], {
      ...state(true),
      "POST /v2/vault/unlock": problem("VAULT_PASSPHRASE_WRONG"),
    });
    expect(done).toMatchObject({ exit: null, code: "VAULT_PASSPHRASE_WRONG" });
    expect(done.asked.at(-1)?.body).toEqual({ passphrase: "secret canary" });
    expect(done.out + done.err).not.toContain("canary");
  });

  it("brings a recovery code when told to, and nothing where the machine keeps the key", async () => {
    const refused = { "POST /v2/vault/unlock": problem("VAULT_RECOVERY_CODE_WRONG") };
    const code = await run(["unlock", "--recovery", "--passphrase-file", file("c", "AAAA-BBBB")], {
      ...state(true),
      ...refused,
    });
    expect(code.asked.at(-1)?.body).toEqual({ recoveryCode: "AAAA-BBBB" });
    const alone = await run(["unlock"], { ...state(true, { openers: ["key-file"] }), ...refused });
    expect(alone.asked.at(-1)?.body).toEqual({});
  });

  it("says so when the vault opened and the house did not", async () => {
    const done = await run(["unlock", "--passphrase-file", file("p", "p")], {
      ...state(true, { problem: "DATABASE_DAMAGED" }),
      "POST /v2/vault/unlock": { status: 202, json: {} },
    });
    expect(done).toMatchObject({ code: "VAULT_LOCKED" });
    expect("problem" in done && done.problem).toContain("DATABASE_DAMAGED");
  });
});

describe("sealing otherwise", () => {
  it("sends today's passphrase and the new one", async () => {
    const done = await run(["vault", "passphrase", "--passphrase-file", file("two", "old one\r\nnew one\n")], {
      ...STATUS,
      "POST /v2/vault/passphrase": { json: status() },
    });
    expect(done.asked.at(-1)?.body).toEqual({ current: "old one", next: "new one" });
    expect(done.out).toContain("✓ sealed by passphrase (Argon2id)");
    const toFile = await run(["vault", "passphrase", "--key-file", "--passphrase-file", file("one", "old one")], {
      ...STATUS,
      "POST /v2/vault/passphrase": { json: status() },
    });
    expect(toFile.asked.at(-1)?.body).toEqual({ current: "old one", next: null });
  });

  it("asks for nothing where no passphrase seals it", async () => {
    const open = { "GET /v2/vault": { json: status({ openers: ["key-file"] }) } };
    const done = await run(["vault", "recovery"], { ...open, "POST /v2/vault/recovery": { json: { code: "AAAA-1" } } });
    expect(done.asked.at(-1)?.body).toEqual({ current: null });
    expect(done.out).toContain("AAAA-1");
    const next = await run(["vault", "passphrase", "--passphrase-file", file("n", "the new one")], {
      ...open,
      "POST /v2/vault/passphrase": { json: status() },
    });
    expect(next.asked.at(-1)?.body).toEqual({ current: null, next: "the new one" });
  });

  it("rotates what it is told to, and nothing else", async () => {
    const done = await run(["vault", "rotate", "data", "--passphrase-file", file("p", "p")], {
      ...STATUS,
      "POST /v2/vault/rotate": { json: status() },
    });
    expect(done.asked.at(-1)?.body).toEqual({ keys: "data", current: "p" });
    expect(done.out).toContain("generation 2, epoch 1");
    expect(await run(["vault", "rotate", "everything"], STATUS)).toMatchObject({ code: "USAGE" });
  });
});

describe("the words of a passphrase", () => {
  it.each([
    ["too few lines", { passphraseFile: file("few", "one\n") }],
    ["too many lines", { passphraseFile: file("many", "one\ntwo\nthree\n") }],
    ["an empty line", { passphraseFile: file("empty", "one\n\n") }],
    ["a file that is missing", { passphraseFile: join(folder, "missing") }],
    ["a file that is no passphrase", { passphraseFile: file("long", "x".repeat(5_000)) }],
    ["a descriptor that is no number", { passphraseFd: "three" }],
    ["a descriptor that is not open", { passphraseFd: "987" }],
  ])("are refused from %s", async (_kind, options) => {
    await expect(readWords(options, ["First", "Second"], true)).rejects.toMatchObject({ failure: { code: "USAGE" } });
  });

  it("are asked for one by one at a terminal, and turning away ends the command", async () => {
    const asked: string[] = [];
    const words = await readWords({}, ["First", "Second"], true, async (question) => {
      asked.push(question);
      return question.toLowerCase();
    });
    expect([words, asked]).toEqual([
      ["first:", "second:"],
      ["First:", "Second:"],
    ]);
    await expect(readWords({}, ["First"], true, async () => null)).rejects.toBeInstanceOf(CommandExit);
    expect(await readWords({}, [], true, () => Promise.reject(new Error("nobody is asked")))).toEqual([]);
  });
});
