import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { instantOf } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { openBytes, randomBytes, sealBytes, sha256 } from "../crypto/index.ts";
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

  it("is refused with a line taken out of its midst", async () => {
    const { options, text } = await filled();
    const [first, , third] = text.split("\n");
    for (const bad of [`${first}\n${third}\n`, `${third}\n`]) {
      writeFileSync(ringFile(options), bad);
      expect(await openCheaply(options)).toMatchObject(damaged);
    }
  });

  it("names no subject to who cannot open the vault", async () => {
    const { text } = await filled();
    expect(text).not.toContain("person");
    expect(Buffer.from(text, "base64url").toString("latin1")).not.toContain("person");
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

  it("is refused with lines in another order, repeated, or of another form", async () => {
    const { options, text } = await filled();
    const [first = "", second = "", third = ""] = text.split("\n");
    for (const bad of [
      `${first}\n${third}\n${second}\n`,
      text + text,
      `${text}7\n`,
      `${text}{"subject":"x"}\n`,
      `${text}\n`,
      text.replace(":", ": "),
      `${text}${third}\n`,
      text.replace('"generation":0', '"generation":1'),
    ]) {
      writeFileSync(ringFile(options), bad);
      expect(await openCheaply(options)).toMatchObject(damaged);
    }
  });

  it("drops a last line that a crash tore, whose key was never used", async () => {
    const { options, sealed, text } = await filled();
    for (const torn of ["{", (text.split("\n")[1] ?? "").slice(0, -5), "\0\0\0"]) {
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

/** What the first version of this program wrote. */
const oldRing = (key: Uint8Array, subjects: readonly string[]): string =>
  subjects
    .map((subject) => {
      const wrapped = sealBytes(key, sha256(subject), `moltbot:keyring:v1:${subject}`);
      return `${JSON.stringify({ subject, key: Buffer.from(wrapped).toString("base64url") })}\n`;
    })
    .join("");

/** A keyring file by itself. */
const lonely = (text: string) => {
  const { directory } = testOptions();
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "keyring.jsonl");
  writeFileSync(file, text);
  return { directory, file };
};

describe("a keyring of version 1", () => {
  const key = randomBytes(32);

  it("is read as it is, and written in this version with the next key", () => {
    const text = oldRing(key, ["person:0", "person:1"]);
    const { directory, file } = lonely(text);
    const ring = must(openKeyring(directory, key, realDisk));
    expect(ring.find("person:1", 0)).toEqual(sha256("person:1"));
    expect(readFileSync(file, "utf8")).toBe(text);
    const made = must(ring.findOrCreate("person:2"));
    expect(readFileSync(file, "utf8")).not.toContain("person");
    const again = must(openKeyring(directory, key, realDisk));
    expect(["person:0", "person:1"].map((one) => again.find(one, 0))).toEqual([sha256("person:0"), sha256("person:1")]);
    expect(Buffer.from(again.find("person:2", 0) ?? [])).toEqual(Buffer.from(made));
    again.close();
  });

  it("is refused after a flipped byte, with a line repeated, and under another vault's key", () => {
    const text = oldRing(key, ["person:0", "person:1"]);
    for (const bad of [text.replace("person:0", "person:9"), text + text, text.replace(":", ": "), `${text}\n`]) {
      expect(openKeyring(lonely(bad).directory, key, realDisk)).toMatchObject(damaged);
    }
    expect(openKeyring(lonely(text).directory, randomBytes(32), realDisk)).toMatchObject(damaged);
  });

  it("loses a torn last line and keeps a whole one that lacks only its newline", () => {
    const text = oldRing(key, ["person:0", "person:1"]);
    const torn = must(openKeyring(lonely(text.slice(0, -9)).directory, key, realDisk));
    expect([torn.find("person:0", 0) === null, torn.find("person:1", 0) === null]).toEqual([false, true]);
    const whole = must(openKeyring(lonely(text.trimEnd()).directory, key, realDisk));
    expect(whole.find("person:1", 0)).toEqual(sha256("person:1"));
  });
});

describe("many keys", () => {
  it("are made with one line, and folded into the first when there are many lines", () => {
    const key = randomBytes(32);
    const { directory, file } = lonely("");
    const ring = must(openKeyring(directory, key, realDisk));
    must(ring.createMany(["person:a", "person:b", "person:a"]));
    must(ring.createMany(["person:b", "person:c", "person:d"]));
    expect(readFileSync(file, "utf8").split("\n").length).toBe(3);
    for (let at = 0; at < 1_100; at += 1) must(ring.findOrCreate(`memory:${String(at)}`));
    expect(readFileSync(file, "utf8").split("\n").length).toBeLessThan(100);
    expect([ring.keys(), ring.generation()]).toEqual([1_104, 0]);
    const found = ["person:a", "memory:7", "memory:1099"].map((one) => Buffer.from(ring.find(one, 0) ?? []));
    ring.close();
    const again = must(openKeyring(directory, key, realDisk));
    expect(["person:a", "memory:7", "memory:1099"].map((one) => again.find(one, 0))).toEqual(found);
    again.close();
  });

  it("are refused as a whole when one of them may not be", () => {
    const { directory } = lonely("");
    const ring = must(openKeyring(directory, randomBytes(32), realDisk));
    expect(ring.createMany(["person:a", ""])).toMatchObject({ error: { code: "CONTENT_UNREADABLE" } });
    expect(ring.createMany(["x".repeat(1_001)])).toMatchObject({ error: { code: "CONTENT_UNREADABLE" } });
    expect([ring.find("person:a", 0), ring.keys()]).toEqual([null, 0]);
    ring.close();
    expect(ring.createMany(["person:a"])).toMatchObject(locked);
    expect(ring.erase(["person:a"], instantOf(0))).toMatchObject(locked);
    expect(ring.rewrap()).toMatchObject(locked);
    expect(ring.beginEpoch()).toMatchObject(locked);
  });
});

describe("unplug the place in a keyring's associated data", () => {
  it("lets an attacker who writes to the disk take a line out unnoticed", () => {
    const key = randomBytes(32);
    const nameless = {
      seal: ((k, plain) => sealBytes(k, plain, "")) satisfies typeof sealBytes,
      open: ((k, sealed) => openBytes(k, sealed, "")) satisfies typeof openBytes,
    };
    const attempt = (wrapping?: typeof nameless): boolean => {
      const { directory, file } = lonely("");
      const ring = must(openKeyring(directory, key, realDisk, wrapping));
      for (const subject of ["person:0", "person:victim", "person:2"]) must(ring.findOrCreate(subject));
      ring.close();
      const [head, , last] = readFileSync(file, "utf8").split("\n");
      writeFileSync(file, `${head ?? ""}\n${last ?? ""}\n`);
      const opened = openKeyring(directory, key, realDisk, wrapping);
      if (!opened.ok) return false;
      const isGone = opened.value.find("person:victim", 0) === null;
      opened.value.close();
      return isGone;
    };
    expect(attempt(nameless)).toBe(true);
    expect(attempt()).toBe(false);
  });
});
