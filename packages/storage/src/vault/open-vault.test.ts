import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { openVault } from "./index.ts";
import { openVaultOn } from "./open-vault.ts";
import { CHEAP, fragileDisk, must, openCheaply, testOptions } from "./testing/open-test-vault.ts";
import { realDisk } from "./vault-disk.ts";

const refusal = (code: string, problem: string | RegExp = /./) => ({
  ok: false,
  error: { code, message: expect.stringMatching(problem) as unknown }, // the matcher is typed any,
});
const PURPOSES = ["database", "mac", "audit-commitments"] as const;
type Options = ReturnType<typeof testOptions>;
const file = (options: Options): string => join(options.directory, "vault.json");

describe.each([
  ["a passphrase", "correct horse"],
  ["a key file", null],
])("a vault sealed by %s", (_kind, passphrase) => {
  it("gives the same keys at every start, one for each purpose", async () => {
    const options = testOptions(passphrase);
    const first = must(await openCheaply(options));
    const keys = [...PURPOSES.map((purpose) => first.key(purpose)), first.auditSigningSeed];
    await first.close();
    const second = must(await openCheaply(options));
    expect([...PURPOSES.map((purpose) => second.key(purpose)), second.auditSigningSeed]).toEqual(keys);
    expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(4);
    expect(keys.every((key) => key.length === 32)).toBe(true);
    await second.close();
  });

  it("lets only this user at its files and leaves no temporary ones", async () => {
    const options = testOptions(passphrase);
    await must(await openCheaply(options)).close();
    expect(statSync(options.directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(options.directory)) {
      expect(statSync(join(options.directory, name)).mode & 0o777).toBe(0o600);
    }
    expect(readdirSync(options.directory).toSorted()).toEqual(["keyring.jsonl", "vault.json"]);
    expect(existsSync(options.keyFile)).toBe(passphrase === null);
  });

  it("refuses vault.json after any change to it", async () => {
    const options = testOptions(passphrase);
    await must(await openCheaply(options)).close();
    const intact = readFileSync(file(options));
    for (let place = 0; place < intact.length; place += 3) {
      const bytes = Buffer.from(intact);
      bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
      writeFileSync(file(options), bytes);
      expect(await openCheaply(options), `byte ${place}`).toMatchObject(refusal("VAULT_DAMAGED", "vault.json"));
    }
    writeFileSync(file(options), intact.subarray(0, 20));
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_DAMAGED"));
  });

  it("refuses to begin anew beside what an older key has sealed", async () => {
    const options = testOptions(passphrase);
    const vault = must(await openCheaply(options));
    must(vault.content.seal(["person:1"], "r", "x"));
    await vault.close();
    rmSync(file(options));
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_DAMAGED", "vault.json"));
    writeFileSync(join(options.directory, "keyring.jsonl"), "");
    writeFileSync(join(options.directory, "secrets.json"), "");
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_DAMAGED", "vault.json"));
  });

  it("notices that the keyring is gone", async () => {
    const options = testOptions(passphrase);
    await must(await openCheaply(options)).close();
    rmSync(join(options.directory, "keyring.jsonl"));
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_DAMAGED", "keyring.jsonl"));
  });

  it("shows no key to an inspection, to JSON, to text or to a spread", async () => {
    const vault = must(await openCheaply(testOptions(passphrase)));
    must(
      await vault.secrets.set({ name: "weather", value: "canary-value", hosts: ["api.example.com"], ownerId: null }),
    );
    const options = { depth: 12, showHidden: true, getters: true } as const;
    const shown = [
      inspect(vault, options),
      inspect(vault, { ...options, customInspect: false }),
      `${Object(vault)}`,
      JSON.stringify({ vault }),
      inspect({ ...vault }, options),
      inspect(vault.secrets, options),
      inspect(vault.content, options),
    ].join("\n");
    expect(shown).toContain("[vault]");
    expect(shown).not.toContain("canary-value");
    const seed = Buffer.from(vault.key("mac"));
    expect(shown).not.toContain(seed.toString("hex").slice(0, 16));
    expect(inspect(vault)).toBe("[vault]");
    await vault.close();
  });

  it("refuses everything after its close", async () => {
    const vault = must(await openCheaply(testOptions(passphrase)));
    must(await vault.secrets.set({ name: "weather", value: "value", hosts: ["api.example.com"], ownerId: null }));
    const sealed = must(vault.content.seal(["person:1"], "r", "x"));
    await vault.close();
    await vault.close();
    expect(() => vault.key("mac")).toThrow("closed");
    expect(() => vault.auditSigningSeed).toThrow("closed");
    expect(vault.content.open(["person:1"], "r", sealed)).toMatchObject(refusal("CONTENT_UNREADABLE"));
    expect(vault.content.seal(["person:1"], "r", "x")).toMatchObject(refusal("VAULT_LOCKED", "closed"));
    expect(await vault.lend("weather", "api.example.com", async (text) => text)).toMatchObject(refusal("VAULT_LOCKED"));
    expect(await vault.secrets.set({ name: "b", value: "c", hosts: ["d"], ownerId: null })).toMatchObject(
      refusal("VAULT_LOCKED"),
    );
    expect(vault.secrets.list()).toEqual([]);
  });

  it("says so when the disk does not take it, and opens when it does again", async () => {
    const options = testOptions(passphrase);
    const { faults, disk } = fragileDisk();
    faults.folder = true;
    expect(await openCheaply(options, disk)).toMatchObject(refusal("VAULT_LOCKED", "ENOSPC"));
    faults.folder = false;
    faults.replace = "vault.json";
    expect(await openCheaply(options, disk)).toMatchObject(refusal("VAULT_LOCKED", "vault.json cannot be written"));
    faults.replace = "";
    await must(await openCheaply(options, disk)).close();
    await must(await openCheaply(options)).close();
  });
});

describe("a vault sealed by a passphrase", () => {
  it("refuses a wrong one, none, an empty one, and takes another spelling of the same letters", async () => {
    const options = testOptions("gr\u00fc\u00dfe");
    const vault = must(await openCheaply(options));
    expect(vault.sealedBy).toBe("passphrase (Argon2id)");
    await vault.close();
    expect(await openCheaply({ ...options, passphrase: "Gr\u00fc\u00dfe" })).toMatchObject(
      refusal("VAULT_PASSPHRASE_WRONG"),
    );
    expect(await openCheaply({ ...options, passphrase: null })).toMatchObject(
      refusal("VAULT_LOCKED", "none was given"),
    );
    expect(await openCheaply({ ...options, passphrase: "" })).toMatchObject(refusal("VAULT_LOCKED", "empty"));
    await must(await openCheaply({ ...options, passphrase: "gru\u0308\u00dfe" })).close();
    expect(existsSync(options.keyFile)).toBe(false);
  });

  it("stores what the passphrase costs and raises it when the standard rises", async () => {
    const options = testOptions("correct horse");
    const first = must(await openCheaply(options));
    const key = first.key("database");
    await first.close();
    const before = readFileSync(file(options), "utf8");
    const raised = { passes: 2, parallelism: 2, memory: 64 };
    const second = must(await openVaultOn(realDisk, options, raised));
    expect(second.key("database")).toEqual(key);
    await second.close();
    const after = readFileSync(file(options), "utf8");
    expect(JSON.parse(after)).toMatchObject({ openers: [{ argon2: raised }] });
    // Lower demands change nothing any more.
    const third = must(await openCheaply(options));
    expect(third.key("database")).toEqual(key);
    await third.close();
    expect(readFileSync(file(options), "utf8")).toBe(after);
    expect(after).not.toBe(before);
    const { faults, disk } = fragileDisk();
    faults.replace = "vault.json";
    expect(await openVaultOn(disk, options, { ...raised, memory: 128 })).toMatchObject(
      refusal("VAULT_LOCKED", "ENOSPC"),
    );
    expect(readFileSync(file(options), "utf8")).toBe(after);
  });

  it("uses the second choice of RFC 9106 unless told otherwise", async () => {
    const options = testOptions("correct horse");
    await must(await openVault(options)).close();
    expect(JSON.parse(readFileSync(file(options), "utf8"))).toMatchObject({
      version: 2,
      openers: [{ kind: "passphrase", argon2: { passes: 3, parallelism: 4, memory: 65_536 } }],
    });
    await must(await openVault(options)).close();
  });
});

describe("a vault sealed by a key file", () => {
  it("says what that is worth, and is closed to a copy of the home", async () => {
    const options = testOptions();
    const vault = must(await openCheaply(options));
    expect(vault.sealedBy).toBe(`key file ${options.keyFile}: a thief of the whole disk can read`);
    await vault.close();
    const stolen = testOptions();
    cpSync(dirname(options.directory), dirname(stolen.directory), { recursive: true });
    expect(await openCheaply(stolen)).toMatchObject(refusal("VAULT_LOCKED", "is missing"));
    expect(existsSync(stolen.keyFile)).toBe(false);
    const own = testOptions();
    await must(await openCheaply(own)).close();
    expect(await openCheaply({ ...stolen, keyFile: own.keyFile })).toMatchObject(
      refusal("VAULT_LOCKED", "another vault"),
    );
  });

  it("refuses a passphrase instead of ignoring it", async () => {
    const options = testOptions();
    await must(await openCheaply(options)).close();
    expect(await openCheaply({ ...options, passphrase: "x" })).toMatchObject(
      refusal("VAULT_LOCKED", "not by a passphrase"),
    );
  });

  it("uses the key file that a crash before vault.json left behind", async () => {
    const options = testOptions();
    const { faults, disk } = fragileDisk();
    faults.replace = "vault.json";
    expect((await openCheaply(options, disk)).ok).toBe(false);
    const left = readFileSync(options.keyFile, "utf8");
    expect(statSync(options.keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(options.keyFile)).mode & 0o777).toBe(0o700);
    await must(await openCheaply(options)).close();
    expect(readFileSync(options.keyFile, "utf8")).toBe(left);
  });

  it("says so when the key file cannot be written", async () => {
    const { faults, disk } = fragileDisk();
    faults.replace = ".key";
    expect(await openCheaply(testOptions(), disk)).toMatchObject(refusal("VAULT_LOCKED", "key file cannot be written"));
  });

  it.each([0o640, 0o604, 0o620, 0o601])("refuses a key file with mode %o", async (mode) => {
    const options = testOptions();
    await must(await openCheaply(options)).close();
    chmodSync(options.keyFile, mode);
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_KEY_FILE_EXPOSED"));
    rmSync(file(options));
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_KEY_FILE_EXPOSED"));
  });

  it.skipIf(process.getuid?.() !== 0)("refuses a key file of another user", async () => {
    const options = testOptions();
    await must(await openCheaply(options)).close();
    chownSync(options.keyFile, 12_345, 12_345);
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_KEY_FILE_EXPOSED"));
  });

  it("refuses a key file inside the home, also by way of a link", async () => {
    const options = testOptions();
    const home = dirname(options.directory);
    const inside = refusal("VAULT_LOCKED", "outside the state folder");
    for (const keyFile of [
      join(home, "k"),
      join(options.directory, "deep", "k"),
      home,
      join(home, "..", "home", "k"),
      join(home, "..k"),
    ]) {
      expect(await openCheaply({ ...options, keyFile })).toMatchObject(inside);
    }
    mkdirSync(home, { recursive: true });
    symlinkSync(home, join(dirname(home), "link"));
    expect(await openCheaply({ ...options, keyFile: join(dirname(home), "link", "k") })).toMatchObject(inside);
    expect(readdirSync(home)).toEqual([]);
    await must(await openCheaply({ ...options, keyFile: join(dirname(home), "home-of-keys", "k") })).close();
    expect(await openCheaply({ ...options, keyFile: join(home, "k") })).toMatchObject(inside);
  });

  it("refuses a key file that is damaged, a folder, or unreachable", async () => {
    const options = testOptions();
    await must(await openCheaply(options)).close();
    const text = readFileSync(options.keyFile, "utf8");
    for (const bad of ["", text.slice(1), ` ${text}`, `${text}\n`, text.trimEnd()]) {
      writeFileSync(options.keyFile, bad);
      expect(await openCheaply(options)).toMatchObject(refusal("VAULT_DAMAGED"));
    }
    rmSync(options.keyFile);
    mkdirSync(options.keyFile);
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_LOCKED", "not a file"));
    writeFileSync(join(dirname(options.keyFile), "file"), "");
    const keyFile = join(dirname(options.keyFile), "file", "k");
    expect(await openCheaply({ ...options, keyFile })).toMatchObject(refusal("VAULT_LOCKED", "ENOTDIR"));
  });

  it("refuses a vault.json that cannot be read", async () => {
    const options = testOptions();
    mkdirSync(file(options), { recursive: true });
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_LOCKED", "EISDIR"));
  });
});

describe("the costs in a hostile vault.json", () => {
  it("cannot be raised beyond the ceiling", async () => {
    const options = testOptions("x");
    await must(await openVaultOn(realDisk, options, CHEAP)).close();
    writeFileSync(file(options), readFileSync(file(options), "utf8").replace('"memory": 8', '"memory": 99999999'));
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_DAMAGED"));
  });
});

describe("replacing a file", () => {
  it("leaves neither a temporary file nor a change when it fails", async () => {
    const folder = dirname(testOptions().keyFile);
    mkdirSync(join(folder, "taken", "inside"), { recursive: true });
    await expect(realDisk.replace(join(folder, "taken"), "text")).rejects.toThrow("taken");
    expect(readdirSync(folder)).toEqual(["taken"]);
    expect(readdirSync(join(folder, "taken"))).toEqual(["inside"]);
  });
});
