import { CallId, ok } from "@moltbot/contracts";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createContentSealer, createCrypto, createIds, hmacSha256, newId, randomBytes } from "./index.ts";
import type { SubjectKeys } from "./index.ts";
import { openBytes, sealBytes } from "./seal-bytes.ts";

describe("the crypto port", () => {
  const macKey = new Uint8Array(32).fill(9);
  const crypto = createCrypto(macKey);

  it("hashes with SHA-256", () => {
    expect(crypto.hash("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
  it("keeps purposes apart even where their texts run together", () => {
    expect(crypto.mac("ab", "c")).not.toBe(crypto.mac("a", "bc"));
    expect(crypto.mac("token", "x")).toBe(crypto.mac("token", Buffer.from("x")));
    expect(crypto.mac("token", "x")).not.toBe(createCrypto(randomBytes(32)).mac("token", "x"));
  });
  it.each([
    ["1", "0b".repeat(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [
      "2",
      Buffer.from("Jefe").toString("hex"),
      "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [
      "6",
      "aa".repeat(131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
    [
      "7",
      "aa".repeat(131),
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ],
  ])("chains MACs as RFC 4231 case %s says", (_case, key, message, mac) => {
    expect(crypto.macWith(key, message)).toBe(mac);
    expect(crypto.macWith(mac, message)).not.toBe(mac);
  });
  it.each(["", "0", "0g", "0B0B", "zz".repeat(32), " 0b", "0b\n"])("chains no MAC under %j, which is no key", (key) => {
    expect(() => crypto.macWith(key, "x")).toThrow("must be hex");
  });
  it("makes random text of the asked number of bytes", () => {
    expect(Buffer.from(crypto.randomText(32), "base64url")).toHaveLength(32);
  });
  it("compares", () => {
    expect([crypto.equal("a", "a"), crypto.equal("a", "b"), crypto.equal("a", "aa")]).toEqual([true, false, false]);
  });
  it("shows nothing of its key", () => {
    const shown = inspect(crypto, { depth: 9, showHidden: true, getters: true }) + JSON.stringify(crypto);
    expect(shown).not.toContain("9, 9");
    expect(shown).not.toContain("0909");
  });
});

describe("the id port", () => {
  it("makes ids of the kind asked for, each new and in order of time", async () => {
    const first = createIds().next(CallId);
    await new Promise((wake) => setTimeout(wake, 3));
    const second = createIds().next(CallId);
    expect(CallId.safeParse(first).success).toBe(true);
    expect(first < second).toBe(true);
    expect(newId()).not.toBe(newId());
  });
});

const ring = (): SubjectKeys & { erase(subject: string): void } => {
  const keys = new Map<string, Uint8Array>();
  return {
    find: (subject) => keys.get(subject) ?? null,
    findOrCreate: (subject) => {
      const key = keys.get(subject) ?? randomBytes(32);
      keys.set(subject, key);
      return ok(key);
    },
    erase: (subject) => void keys.delete(subject),
  };
};

const must = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error("expected a success");
  return result.value;
};

describe("the content sealer", () => {
  const subjects = ["conversation:1", "person:2"];
  const unreadable = { ok: false, error: { code: "CONTENT_UNREADABLE" } };

  it("opens for the same subjects in any order", () => {
    const sealer = createContentSealer(ring());
    const sealed = must(sealer.seal(subjects, "message:1", "hällo"));
    expect(Buffer.from(sealed).toString("latin1")).not.toContain("llo");
    expect(sealer.open(["person:2", "conversation:1", "person:2"], "message:1", sealed)).toEqual(ok("hällo"));
  });
  it.each(subjects)("loses the record when the key of %s is destroyed", (subject) => {
    const keys = ring();
    const sealer = createContentSealer(keys);
    const sealed = must(sealer.seal(subjects, "message:1", "secret"));
    keys.erase(subject);
    expect(sealer.open(subjects, "message:1", sealed)).toMatchObject(unreadable);
    must(keys.findOrCreate(subject));
    expect(sealer.open(subjects, "message:1", sealed)).toMatchObject(unreadable);
  });
  it("refuses a subject too few, a subject too many, none, and another record", () => {
    const sealer = createContentSealer(ring());
    const sealed = must(sealer.seal(subjects, "message:1", "secret"));
    must(sealer.seal(["person:3"], "message:9", "makes the key exist"));
    expect(sealer.open(["conversation:1"], "message:1", sealed)).toMatchObject(unreadable);
    expect(sealer.open([...subjects, "person:3"], "message:1", sealed)).toMatchObject(unreadable);
    expect(sealer.open([], "message:1", sealed)).toMatchObject(unreadable);
    expect(sealer.open(subjects, "message:2", sealed)).toMatchObject(unreadable);
  });
  it("refuses to seal for nobody, since nobody could erase it", () => {
    expect(createContentSealer(ring()).seal([], "message:1", "x")).toMatchObject(unreadable);
  });
  it("makes the same MAC for the same text, and another for every other subject, purpose or text", () => {
    const keys = ring();
    const sealer = createContentSealer(keys);
    for (const subject of [...subjects, "person:3"]) must(keys.findOrCreate(subject));
    const first = must(sealer.mac(subjects, "address", "a@x"));
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(must(sealer.mac(subjects.toReversed(), "address", "a@x"))).toBe(first);
    const others = [
      sealer.mac(["person:3"], "address", "a@x"),
      sealer.mac(["person:2"], "address", "a@x"),
      sealer.mac(subjects, "addres", "sa@x"),
      sealer.mac(subjects, "address", "a@x "),
      sealer.mac(subjects, "address", "\uFFFD"),
      sealer.mac(subjects, "address", "\uD800"),
    ].map(must);
    expect(new Set([first, ...others]).size).toBe(others.length + 1);
  });
  it("makes no MAC for nobody, for somebody without a key, or the old one after an erasure", () => {
    const keys = ring();
    const sealer = createContentSealer(keys);
    expect(sealer.mac([], "address", "a@x")).toMatchObject(unreadable);
    expect(sealer.mac(["person:2"], "address", "a@x")).toMatchObject(unreadable);
    must(keys.findOrCreate("person:2"));
    const first = must(sealer.mac(["person:2"], "address", "a@x"));
    keys.erase("person:2");
    expect(sealer.mac(["person:2"], "address", "a@x")).toMatchObject(unreadable);
    must(keys.findOrCreate("person:2"));
    expect(must(sealer.mac(["person:2"], "address", "a@x"))).not.toBe(first);
  });
  it("seals nothing when a key cannot be made durable", () => {
    const broken: SubjectKeys = { find: () => null, findOrCreate: () => ({ ok: false, error: failure }) };
    const failure = must(ok(unreadableError()));
    expect(createContentSealer(broken).seal(subjects, "message:1", "x")).toEqual({ ok: false, error: failure });
  });
});

const unreadableError = () => {
  const opened = openBytes(new Uint8Array(32), new Uint8Array(), "");
  if (opened.ok) throw new Error("nothing opens");
  return opened.error;
};

describe("unplug the associated data", () => {
  it("lets a record that was moved to another id open", () => {
    const keys = ring();
    const without = { seal: sealNameless, open: openNameless };
    const weak = createContentSealer(keys, without);
    const sealed = must(weak.seal(["person:2"], "grant:small", "pay 5"));
    expect(weak.open(["person:2"], "grant:large", sealed)).toEqual(ok("pay 5"));
    const strong = createContentSealer(keys);
    const bound = must(strong.seal(["person:2"], "grant:small", "pay 5"));
    expect(strong.open(["person:2"], "grant:large", bound).ok).toBe(false);
  });
});

const sealNameless: typeof sealBytes = (key, plaintext) => sealBytes(key, plaintext, "");
const openNameless: typeof openBytes = (key, sealed) => openBytes(key, sealed, "");

describe("unplug the purpose in front of a MAC", () => {
  it("lets one purpose's text stand for another's", () => {
    const key = randomBytes(32);
    const weak = (purpose: string, text: string): Uint8Array => hmacSha256(key, purpose, text);
    expect(weak("sign-in", "-token")).toEqual(weak("sign-in-token", ""));
    const crypto = createCrypto(key);
    expect(crypto.mac("sign-in", "-token")).not.toBe(crypto.mac("sign-in-token", ""));
  });
});
