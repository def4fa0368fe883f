import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { err, moltbotError, ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { argon2id, hkdfSha256, newId, randomBytes, sealBytes, sha256Hex } from "../crypto/index.ts";
import { openersOf } from "./index.ts";
import { systemKeychain } from "./keychain.ts";
import type { Keychain } from "./keychain.ts";
import { readRecoveryCode, recoveryCodeOf } from "./recovery-code.ts";
import { CHEAP, must, openCheaply, testOptions } from "./testing/open-test-vault.ts";

const refusal = (code: string) => ({ ok: false, error: { code } });
const file = (options: ReturnType<typeof testOptions>): string => join(options.directory, "vault.json");

describe("another passphrase", () => {
  it("opens from then on, and the one before it does not; everything sealed stays readable", async () => {
    const options = testOptions("first passphrase");
    const vault = must(await openCheaply(options));
    const sealed = must(vault.content.seal(["person:1"], "r", "kept"));
    const key = vault.key("database");
    expect(await vault.changePassphrase("wrong", "second")).toMatchObject(refusal("VAULT_PASSPHRASE_WRONG"));
    expect(await vault.changePassphrase(null, "second")).toMatchObject(refusal("VAULT_PASSPHRASE_WRONG"));
    expect(await vault.changePassphrase("first passphrase", "")).toMatchObject(refusal("VAULT_LOCKED"));
    must(await vault.changePassphrase("first passphrase", "second passphrase"));
    await vault.close();
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_PASSPHRASE_WRONG"));
    const again = must(await openCheaply({ ...options, passphrase: "second passphrase" }));
    expect(again.key("database")).toEqual(key);
    expect(again.content.open(["person:1"], "r", sealed)).toEqual(ok("kept"));
    await again.close();
    expect(await again.changePassphrase("second passphrase", "third")).toMatchObject(refusal("VAULT_LOCKED"));
  });

  it("takes the place of a key file, which is destroyed, and a key file takes its place", async () => {
    const options = testOptions();
    const vault = must(await openCheaply(options));
    const key = readFileSync(options.keyFile, "utf8");
    must(await vault.changePassphrase(null, "a passphrase"));
    expect([vault.sealedBy, existsSync(options.keyFile)]).toEqual(["passphrase (Argon2id)", false]);
    await vault.close();
    writeFileSync(options.keyFile, key, { mode: 0o600 });
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_LOCKED"));
    const sealed = must(await openCheaply({ ...options, passphrase: "a passphrase" }));
    must(await sealed.changePassphrase("a passphrase", null));
    expect(sealed.status()).toMatchObject({ openers: ["key-file"], argon2: null });
    await sealed.close();
    await must(await openCheaply(options)).close();
    expect(await openCheaply({ ...options, passphrase: "a passphrase" })).toMatchObject(refusal("VAULT_LOCKED"));
  });
});

describe("a recovery code", () => {
  it("opens the vault, lets who forgot the passphrase set another, and ends with the next code", async () => {
    const options = testOptions("forgotten");
    const vault = must(await openCheaply(options));
    expect(await vault.makeRecoveryCode("wrong")).toMatchObject(refusal("VAULT_PASSPHRASE_WRONG"));
    const code = must(await vault.makeRecoveryCode("forgotten"));
    expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z*~$=U]$/);
    expect(vault.status().openers).toEqual(["passphrase", "recovery-code"]);
    await vault.close();
    expect(readFileSync(file(options), "utf8")).not.toContain(code.slice(0, 9));
    const typed = code.toLowerCase().replaceAll("-", " ").replaceAll("0", "o").replaceAll("1", "l");
    const recovered = must(await openCheaply({ ...options, passphrase: null, recoveryCode: typed }));
    expect(recovered.openedBy).toBe("recovery-code");
    must(await recovered.changePassphrase(code, "remembered"));
    const next = must(await recovered.makeRecoveryCode("remembered"));
    await recovered.close();
    expect(await openCheaply({ ...options, recoveryCode: code })).toMatchObject(refusal("VAULT_RECOVERY_CODE_WRONG"));
    expect(await openCheaply({ ...options, recoveryCode: "x" })).toMatchObject(refusal("VAULT_RECOVERY_CODE_WRONG"));
    await must(await openCheaply({ ...options, recoveryCode: next })).close();
    await must(await openCheaply({ ...options, passphrase: "remembered" })).close();
    expect(await openCheaply({ ...testOptions(), recoveryCode: next })).toMatchObject(refusal("VAULT_LOCKED"));
  });

  it("reads what it wrote, and nothing with a character changed or two neighbours swapped", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), fc.nat(31), fc.nat(30), (bytes, place, by) => {
        const code = recoveryCodeOf(bytes);
        expect([...(readRecoveryCode(code) ?? [])]).toEqual([...bytes]);
        const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        const at = place + Math.floor(place / 4);
        const other = digits[(digits.indexOf(code[at] ?? "") + 1 + by) % 32] ?? "";
        expect(readRecoveryCode(code.slice(0, at) + other + code.slice(at + 1))).toBeNull();
        const plain = code.replaceAll("-", "");
        const swapped =
          plain.slice(0, place) + (plain[place + 1] ?? "") + (plain[place] ?? "") + plain.slice(place + 2);
        if (swapped !== plain) expect(readRecoveryCode(swapped)).toBeNull();
      }),
    );
    for (const bad of ["", "U".repeat(33), "0".repeat(32), `${"0".repeat(32)}1`])
      expect(readRecoveryCode(bad)).toBeNull();
    expect(readRecoveryCode("0".repeat(33))).toEqual(Buffer.alloc(20));
  });
});

describe("rotating keys", () => {
  it("begins an epoch: what was sealed opens as before, and what is sealed now has new keys", async () => {
    const options = testOptions("passphrase");
    const vault = must(await openCheaply(options));
    const old = must(vault.content.seal(["person:1", "conversation:1"], "r", "old"));
    const mac = must(vault.content.mac(["person:1"], "address", "a@x"));
    expect(await vault.rotate("data", "wrong")).toMatchObject(refusal("VAULT_PASSPHRASE_WRONG"));
    must(await vault.rotate("data", "passphrase"));
    const young = must(vault.content.seal(["person:1", "conversation:1"], "r", "young"));
    expect(vault.status().keyring).toEqual({ generation: 0, epoch: 1, keys: 4 });
    await vault.close();
    const again = must(await openCheaply(options));
    const opens = (bytes: Uint8Array) => again.content.open(["conversation:1", "person:1"], "r", bytes);
    expect([opens(old), opens(young)]).toEqual([ok("old"), ok("young")]);
    expect(must(again.content.mac(["person:1"], "address", "a@x"))).toBe(mac);
    const forged = Buffer.from(young);
    forged.writeUInt32BE(0, 1);
    expect(opens(forged)).toMatchObject(refusal("CONTENT_UNREADABLE"));
    await again.close();
  });

  it("wraps everything anew: no line of the old keyring and no old wrapping is left, and all of it opens", async () => {
    const options = testOptions("passphrase");
    const vault = must(await openCheaply(options));
    const sealed = must(vault.content.seal(["person:1"], "r", "kept"));
    const code = must(await vault.makeRecoveryCode("passphrase"));
    const read = (name: string): string => readFileSync(join(options.directory, name), "utf8");
    const before = { ring: read("keyring.jsonl"), vault: read("vault.json") };
    must(await vault.rotate("wrapping", "passphrase"));
    expect(vault.generation()).toBe(1);
    await vault.close();
    expect(read("keyring.jsonl")).not.toContain(before.ring.slice(-60));
    const wrapped = /"wrappedRoot": "([^"]+)"/.exec(before.vault)?.[1] ?? "none";
    expect(read("vault.json")).not.toContain(wrapped);
    const again = must(await openCheaply(options));
    expect(again.content.open(["person:1"], "r", sealed)).toEqual(ok("kept"));
    await again.close();
    await must(await openCheaply({ ...options, recoveryCode: code })).close();
  });

  it("wraps a key file's vault anew too, and says so when its key file is gone", async () => {
    const options = testOptions();
    const vault = must(await openCheaply(options));
    must(await vault.rotate("wrapping", null));
    await vault.close();
    const again = must(await openCheaply(options));
    cpSync(options.keyFile, `${options.keyFile}.away`);
    writeFileSync(options.keyFile, "");
    expect(await again.rotate("wrapping", null)).toMatchObject(refusal("VAULT_DAMAGED"));
    await again.close();
  });
});

/** What the first version of this program wrote. */
const oldVault = async (options: ReturnType<typeof testOptions>, root: Uint8Array): Promise<void> => {
  mkdirSync(options.directory, { recursive: true });
  mkdirSync(dirname(options.keyFile), { recursive: true });
  const id = newId();
  const key = randomBytes(32);
  const salt = Buffer.from(randomBytes(16)).toString("base64url");
  const argon2 = options.passphrase === null ? null : { ...CHEAP, salt };
  const kek =
    argon2 === null
      ? hkdfSha256(key, "", `moltbot:vault:v1:${id}:key-file`)
      : await argon2id(options.passphrase ?? "", Buffer.from(salt, "base64url"), CHEAP);
  if (argon2 === null) writeFileSync(options.keyFile, `${Buffer.from(key).toString("base64url")}\n`, { mode: 0o600 });
  const wrappedRoot = Buffer.from(sealBytes(kek, root, `moltbot:vault:v1:${id}`)).toString("base64url");
  const kind = argon2 === null ? "key-file" : "passphrase";
  const checksum = sha256Hex(JSON.stringify([1, id, kind, argon2, wrappedRoot]));
  writeFileSync(file(options), `${JSON.stringify({ version: 1, id, kind, argon2, wrappedRoot, checksum }, null, 2)}\n`);
  writeFileSync(join(options.directory, "keyring.jsonl"), "");
};

describe.each([["a passphrase"], [null]])("a vault.json of version 1 sealed by %s", (passphrase) => {
  it("opens, and is of this version afterwards", async () => {
    const options = testOptions(passphrase);
    const root = randomBytes(32);
    await oldVault(options, root);
    expect(await openersOf(options.directory)).toEqual(ok([passphrase === null ? "key-file" : "passphrase"]));
    const vault = must(await openCheaply(options));
    expect(vault.key("mac")).toEqual(hkdfSha256(root, "", "moltbot:mac:v1"));
    await vault.close();
    expect(JSON.parse(readFileSync(file(options), "utf8"))).toMatchObject({ version: 2 });
    const again = must(await openCheaply(options));
    expect(again.key("mac")).toEqual(hkdfSha256(root, "", "moltbot:mac:v1"));
    await again.close();
  });

  it("is refused after any change", async () => {
    const options = testOptions(passphrase);
    await oldVault(options, randomBytes(32));
    const intact = readFileSync(file(options));
    for (let place = 0; place < intact.length; place += 5) {
      const bytes = Buffer.from(intact);
      bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
      writeFileSync(file(options), bytes);
      expect(await openCheaply(options), `byte ${String(place)}`).toMatchObject(refusal("VAULT_DAMAGED"));
    }
  });
});

/** A keychain in memory that can be out of reach. */
const fakeKeychain = () => {
  const kept = new Map<string, string>();
  const state = { reachable: true };
  const away = err(moltbotError("VAULT_LOCKED", { problem: "the keychain does not answer" }));
  const keychain: Keychain = {
    read: async (id) => (state.reachable ? ok(kept.get(id) ?? null) : away),
    write: async (id, text) => {
      if (!state.reachable) return away;
      kept.set(id, text);
      return ok(undefined);
    },
    remove: async (id) => {
      kept.delete(id);
      return state.reachable ? ok(undefined) : away;
    },
  };
  return { kept, state, keychain };
};

describe("the keychain of the operating system", () => {
  it("opens a vault without a passphrase, and only this one", async () => {
    const { kept, state, keychain } = fakeKeychain();
    const options = { ...testOptions(), keychain };
    const vault = must(await openCheaply({ ...options, useKeychain: true }));
    expect([vault.status().openers, existsSync(options.keyFile)]).toEqual([["keychain"], false]);
    expect(vault.sealedBy).toContain("keychain");
    must(await vault.rotate("wrapping", null));
    await vault.close();
    await must(await openCheaply(options)).close();
    expect(await openCheaply({ ...options, passphrase: "x" })).toMatchObject(refusal("VAULT_LOCKED"));
    state.reachable = false;
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_LOCKED"));
    state.reachable = true;
    for (const id of kept.keys()) kept.set(id, Buffer.from(randomBytes(32)).toString("base64url"));
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_LOCKED"));
    kept.clear();
    expect(await openCheaply(options)).toMatchObject(refusal("VAULT_LOCKED"));
  });

  it("is added to a passphrase, and taken away when the vault is sealed anew", async () => {
    const { kept, keychain } = fakeKeychain();
    const options = { ...testOptions("passphrase"), keychain };
    const vault = must(await openCheaply({ ...options, useKeychain: true }));
    await vault.close();
    await must(await openCheaply({ ...options, useKeychain: true })).close();
    const opened = must(await openCheaply({ ...options, passphrase: null }));
    expect([opened.openedBy, opened.status().openers]).toEqual(["keychain", ["passphrase", "keychain"]]);
    must(await opened.changePassphrase("passphrase", "another passphrase"));
    await opened.close();
    expect(kept.size).toBe(0);
    expect(await openCheaply({ ...options, passphrase: null })).toMatchObject(refusal("VAULT_LOCKED"));
  });

  it("is locked with a reason when the library is missing or the keychain fails, and says nothing of what it holds", async () => {
    const absent = systemKeychain(async () => null);
    expect(await absent.read("id")).toMatchObject({ error: { code: "VAULT_LOCKED", message: /not installed/ } });
    class Failing {
      constructor() {
        throw new Error("canary");
      }
    }
    const failing = systemKeychain(async () => ({ AsyncEntry: Failing as never })); // a test's double of a class that only throws
    for (const asked of [failing.read("id"), failing.write("id", "canary"), failing.remove("id")]) {
      const result = await asked;
      expect(result.ok).toBe(false);
      expect(JSON.stringify(result)).not.toContain("canary");
    }
  });

  it("asks the library for one entry of this vault", async () => {
    const entries = new Map<string, string>();
    class Entry {
      readonly name: string;
      constructor(service: string, account: string) {
        this.name = `${service}/${account}`;
      }
      async getPassword() {
        return entries.get(this.name) ?? null;
      }
      async setPassword(text: string) {
        entries.set(this.name, text);
      }
      async deletePassword() {
        return entries.delete(this.name);
      }
    }
    const keychain = systemKeychain(async () => ({ AsyncEntry: Entry as never })); // a double with the three methods that are used
    expect(await keychain.read("v")).toEqual(ok(null));
    expect(await keychain.write("v", "key")).toEqual(ok(undefined));
    expect([...entries]).toEqual([["moltbot/v", "key"]]);
    expect(await keychain.read("v")).toEqual(ok("key"));
    expect(await keychain.remove("v")).toEqual(ok(undefined));
    expect(entries.size).toBe(0);
  });
});

describe("a wrapping", () => {
  it("does not serve another vault", async () => {
    const one = testOptions("same passphrase");
    const other = testOptions("same passphrase");
    await must(await openCheaply(one)).close();
    await must(await openCheaply(other)).close();
    const content = JSON.parse(readFileSync(file(one), "utf8")) as { openers: unknown };
    const mixed = { ...(JSON.parse(readFileSync(file(other), "utf8")) as object), openers: content.openers };
    const { checksum: _, ...unsigned } = mixed as { checksum?: string; version: number; id: string; openers: unknown };
    const checksum = sha256Hex(JSON.stringify([unsigned.version, unsigned.id, unsigned.openers]));
    writeFileSync(file(other), `${JSON.stringify({ ...unsigned, checksum }, null, 2)}\n`);
    expect(await openCheaply(other)).toMatchObject(refusal("VAULT_PASSPHRASE_WRONG"));
  });
});
