import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Vault } from "./open-vault.ts";
import { must, openCheaply, testOptions } from "./testing/open-test-vault.ts";

type Options = ReturnType<typeof testOptions>;
const unreadable = { ok: false, error: { code: "CONTENT_UNREADABLE" } };
const damagedList = { ok: false, error: { code: "VAULT_DAMAGED", context: { file: "erasures.jsonl" } } };
const listFile = (options: Options): string => join(options.directory, "erasures.jsonl");
const ringFile = (options: Options): string => join(options.directory, "keyring.jsonl");
const kept = (vault: Vault, subject: string): Uint8Array => must(vault.content.seal([subject], "r", subject));

/** A closed vault of three persons, of whom the second was erased. */
const afterErasure = async () => {
  const options = testOptions();
  const vault = must(await openCheaply(options));
  const sealed = [0, 1, 2].map((at) => kept(vault, `person:${String(at)}`));
  const before = readFileSync(ringFile(options), "utf8");
  const erased = must(await vault.erase(["person:1", "person:never"]));
  return { options, vault, sealed, before, erased };
};

describe("erasing a subject", () => {
  it("destroys its keys for good and nobody else's, in a new generation", async () => {
    const { options, vault, sealed, before, erased } = await afterErasure();
    expect(erased).toEqual({ keys: 1, from: 0, to: 1 });
    const opens = (at: Vault) => sealed.map((bytes, i) => at.content.open([`person:${String(i)}`], "r", bytes).ok);
    expect(opens(vault)).toEqual([true, false, true]);
    expect(vault.content.mac(["person:1"], "p", "x")).toMatchObject(unreadable);
    await vault.close();
    const again = must(await openCheaply(options));
    expect(opens(again)).toEqual([true, false, true]);
    expect(again.generation()).toBe(1);
    expect(again.erased().map(({ subject, generation }) => [subject, generation])).toEqual([
      ["person:1", 1],
      ["person:never", 1],
    ]);
    await again.close();
    for (const line of before.trimEnd().split("\n"))
      expect(readFileSync(ringFile(options), "utf8")).not.toContain(line);
    expect(readFileSync(listFile(options), "utf8")).not.toContain("person");
    expect(readdirSync(options.directory).toSorted()).toEqual(["erasures.jsonl", "keyring.jsonl", "vault.json"]);
  });

  it("never makes a key for it again, also when it never had one", async () => {
    const { options, vault } = await afterErasure();
    for (const subject of ["person:1", "person:never"]) {
      expect(vault.content.seal([subject], "r", "x")).toMatchObject(unreadable);
      expect(vault.content.seal(["person:0", subject], "r", "x")).toMatchObject(unreadable);
      expect(vault.content.prepare([subject])).toMatchObject(unreadable);
    }
    await vault.close();
    const again = must(await openCheaply(options));
    expect(again.content.seal(["person:1"], "r", "x")).toMatchObject(unreadable);
    expect(must(await again.erase(["person:1", ""]))).toEqual({ keys: 0, from: 1, to: 1 });
    await again.close();
    expect(await again.erase(["person:0"])).toMatchObject({ ok: false, error: { code: "VAULT_LOCKED" } });
  });

  it("reaches the keys of every epoch", async () => {
    const options = testOptions();
    const vault = must(await openCheaply(options));
    const old = kept(vault, "person:0");
    must(await vault.rotate("data", null));
    const young = kept(vault, "person:0");
    expect(must(await vault.erase(["person:0"])).keys).toBe(2);
    expect([old, young].map((bytes) => vault.content.open(["person:0"], "r", bytes).ok)).toEqual([false, false]);
    await vault.close();
  });

  it("is done again when an older copy of the keyring comes back", async () => {
    const { options, vault, sealed, before } = await afterErasure();
    await vault.close();
    writeFileSync(ringFile(options), before);
    const again = must(await openCheaply(options));
    expect(again.content.open(["person:1"], "r", sealed[1] ?? new Uint8Array())).toMatchObject(unreadable);
    expect(again.content.open(["person:2"], "r", sealed[2] ?? new Uint8Array()).ok).toBe(true);
    expect(again.generation()).toBe(1);
    await again.close();
    expect(readFileSync(ringFile(options), "utf8")).not.toContain(before.slice(0, 60));
  });

  it("is finished at the next opening when a crash came after the list", async () => {
    const { options, vault, sealed, before } = await afterErasure();
    await vault.close();
    const copy = testOptions();
    cpSync(options.directory, copy.directory, { recursive: true });
    cpSync(options.keyFile, copy.keyFile);
    writeFileSync(ringFile(copy), before);
    const again = must(await openCheaply(copy));
    expect(again.content.open(["person:1"], "r", sealed[1] ?? new Uint8Array())).toMatchObject(unreadable);
    await again.close();
  });
});

describe("the list of erasures", () => {
  const twice = async () => {
    const { options, vault } = await afterErasure();
    must(await vault.erase(["person:2"]));
    await vault.close();
    return { options, text: readFileSync(listFile(options)) };
  };

  it("is refused after any flipped byte, a line taken out, moved or repeated, and when it is shorter than the keyring saw it", async () => {
    const { options, text } = await twice();
    for (let place = 0; place < text.length; place += 1) {
      const bytes = Buffer.from(text);
      bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << (place % 8)), place);
      writeFileSync(listFile(options), bytes);
      expect(await openCheaply(options), `byte ${String(place)}`).toMatchObject(damagedList);
    }
    const [first = "", second = ""] = text.toString().split("\n");
    for (const bad of [
      `${second}\n`,
      `${first}\n`,
      `${second}\n${first}\n`,
      `${text.toString()}${second}\n`,
      "",
      "x",
    ]) {
      writeFileSync(listFile(options), bad);
      expect(await openCheaply(options), bad).toMatchObject(damagedList);
    }
    rmSync(listFile(options));
    expect(await openCheaply(options)).toMatchObject(damagedList);
    writeFileSync(listFile(options), text);
    await must(await openCheaply(options)).close();
  });

  it("loses a torn last line that nothing was done after", async () => {
    const { options, text } = await twice();
    writeFileSync(listFile(options), Buffer.concat([text, text.subarray(0, 40)]));
    await must(await openCheaply(options)).close();
    expect(readFileSync(listFile(options))).toEqual(text);
    truncateSync(listFile(options), text.length - 1);
    expect(await openCheaply(options)).toMatchObject(damagedList);
  });

  it("keeps a new vault from being begun beside it", async () => {
    const { options } = await twice();
    rmSync(join(options.directory, "vault.json"));
    rmSync(ringFile(options));
    expect(await openCheaply(options)).toMatchObject({ ok: false, error: { code: "VAULT_DAMAGED" } });
    expect(existsSync(ringFile(options))).toBe(false);
  });
});

describe("unplug the list of erasures", () => {
  it("lets an older copy of the keyring bring an erased subject back", async () => {
    const { options, vault, sealed, before } = await afterErasure();
    await vault.close();
    writeFileSync(ringFile(options), before);
    rmSync(listFile(options));
    const again = must(await openCheaply(options));
    expect(again.content.open(["person:1"], "r", sealed[1] ?? new Uint8Array()).ok).toBe(true);
    await again.close();
  });
});
