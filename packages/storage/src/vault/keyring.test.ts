import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openBytes, randomBytes, sealBytes } from "../crypto/index.ts";
import { openKeyring } from "./keyring.ts";
import { fragileDisk, must, openCheaply, testOptions } from "./testing/open-test-vault.ts";
import { realDisk } from "./vault-disk.ts";

type Options = ReturnType<typeof testOptions>;
const ringFile = (options: Options): string => join(options.directory, "keyring.jsonl");
const damaged = { ok: false, error: { code: "VAULT_DAMAGED", context: { file: "keyring.jsonl" } } };
const locked = { ok: false, error: { code: "VAULT_LOCKED" } };

/** A closed vault with three subjects, and what was sealed for each. */
const filled = async () => {
  const options = testOptions();
  const vault = must(await openCheaply(options));
  const sealed = ["person:0", "person:1", "person:2"].map((subject) =>
    must(vault.content.seal([subject], "r", subject)),
  );
  await vault.close();
  return { options, sealed, text: readFileSync(ringFile(options), "utf8") };
};

const reads = async (options: Options, sealed: readonly Uint8Array[]): Promise<readonly boolean[]> => {
  const vault = must(await openCheaply(options));
  const readable = sealed.map((bytes, i) => vault.content.open([`person:${i}`], "r", bytes).ok);
  await vault.close();
  return readable;
};

describe("the keyring", () => {
  it("brings every subject's key back after a restart, and makes each only once", async () => {
    const { options, sealed, text } = await filled();
    expect(await reads(options, sealed)).toEqual([true, true, true]);
    const vault = must(await openCheaply(options));
    must(vault.content.seal(["person:1", "person:2"], "r", "x"));
    must(vault.content.seal(["person:\ud800"], "r", "x"));
    must(vault.content.seal(["person:\ud800"], "r", "x"));
    await vault.close();
    expect(readFileSync(ringFile(options), "utf8").split("\n").length).toBe(text.split("\n").length + 1);
    expect(await reads(options, sealed)).toEqual([true, true, true]);
  });

  it("loses what was sealed for a subject whose line is taken out, and nothing else", async () => {
    const { options, sealed, text } = await filled();
    const [first, , third] = text.split("\n");
    writeFileSync(ringFile(options), `${first}\n${third}\n`);
    expect(await reads(options, sealed)).toEqual([true, false, true]);
  });

  it("is refused after any flipped byte", async () => {
    const { options, text } = await filled();
    const intact = Buffer.from(text);
    for (let place = 0; place < intact.length; place += 1) {
      const bytes = Buffer.from(intact);
      bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << (place % 8)), place);
      writeFileSync(ringFile(options), bytes);
      expect(await openCheaply(options), `byte ${place}`).toMatchObject(damaged);
    }
  });

  it("is refused with a line moved to another subject, repeated, or of another form", async () => {
    const { options, text } = await filled();
    for (const bad of [
      text.replace("person:0", "person:9"),
      text + text,
      `${text}7\n`,
      `${text}{"subject":"x"}\n`,
      `${text}\n`,
      text.replace(":", ": "),
      text + (text.split("\n")[0] ?? ""),
    ]) {
      writeFileSync(ringFile(options), bad);
      expect(await openCheaply(options)).toMatchObject(damaged);
    }
  });

  it("drops a last line that a crash tore, whose key was never used", async () => {
    const { options, sealed, text } = await filled();
    for (const torn of ["{", (text.split("\n")[0] ?? "").slice(0, -5), "\0\0\0"]) {
      appendFileSync(ringFile(options), torn);
      expect(await reads(options, sealed)).toEqual([true, true, true]);
      expect(readFileSync(ringFile(options), "utf8")).toBe(text);
    }
  });

  it("keeps a whole last line that lacks only its newline", async () => {
    const { options, sealed, text } = await filled();
    writeFileSync(ringFile(options), text.trimEnd());
    expect(await reads(options, sealed)).toEqual([true, true, true]);
    expect(readFileSync(ringFile(options), "utf8")).toBe(text);
    const vault = must(await openCheaply(options));
    must(vault.content.seal(["person:3"], "r", "x"));
    await vault.close();
    expect(await reads(options, sealed)).toEqual([true, true, true]);
  });

  it("does not use a key that did not reach the disk, and mends its end", async () => {
    const { options, sealed, text } = await filled();
    for (const truncate of [false, true]) {
      const { faults, disk } = fragileDisk();
      const vault = must(await openCheaply(options, disk));
      faults.append = true;
      faults.leaveBytes = 30;
      faults.truncate = truncate;
      expect(vault.content.seal(["person:7"], "r", "x")).toMatchObject(locked);
      faults.append = false;
      expect(vault.content.seal(["person:7"], "r", "x")).toMatchObject(locked);
      must(vault.content.seal(["person:1"], "r", "an old key still serves"));
      await vault.close();
      expect(readFileSync(ringFile(options), "utf8").length).toBe(text.length + (truncate ? 30 : 0));
      expect(await reads(options, sealed)).toEqual([true, true, true]);
    }
  });

  it("says so when it cannot be opened or mended", async () => {
    const { options } = await filled();
    const { faults, disk } = fragileDisk();
    faults.appendTo = true;
    expect(await openCheaply(options, disk)).toMatchObject(locked);
    faults.appendTo = false;
    faults.truncate = true;
    appendFileSync(ringFile(options), "{");
    expect(await openCheaply(options, disk)).toMatchObject(locked);
  });

  it("has no key for nobody", async () => {
    const { options } = await filled();
    const vault = must(await openCheaply(options));
    expect(vault.content.seal([""], "r", "x")).toMatchObject({ ok: false, error: { code: "CONTENT_UNREADABLE" } });
    await vault.close();
  });
});

describe("unplug the associated data of the keyring", () => {
  it("lets an attacker who writes to the disk give one subject another's key", async () => {
    const { options } = await filled();
    const key = randomBytes(32);
    const nameless = {
      seal: ((k, plain) => sealBytes(k, plain, "")) satisfies typeof sealBytes,
      open: ((k, sealed) => openBytes(k, sealed, "")) satisfies typeof openBytes,
    };
    const attempt = (wrapping?: typeof nameless): boolean => {
      writeFileSync(ringFile(options), "");
      const ring = must(openKeyring(options.directory, key, realDisk, wrapping));
      const secret = must(ring.findOrCreate("person:victim"));
      ring.close();
      const text = readFileSync(ringFile(options), "utf8");
      writeFileSync(ringFile(options), text.replace("person:victim", "person:mallory"));
      const moved = openKeyring(options.directory, key, realDisk, wrapping);
      if (!moved.ok) return false;
      const stolen = moved.value.find("person:mallory");
      moved.value.close();
      return stolen !== null && Buffer.compare(stolen, secret) === 0;
    };
    expect(attempt(nameless)).toBe(true);
    expect(attempt()).toBe(false);
  });
});
