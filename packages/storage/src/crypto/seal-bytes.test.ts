import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openBytes, sealBytes } from "./index.ts";
import { SEAL_OVERHEAD, sealWithNonce } from "./seal-bytes.ts";

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const LONG_KEY = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const LONG_NONCE = "cafebabefacedbaddecaf888";
const LONG_PLAIN =
  "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
const LONG_CIPHER =
  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";

/** McGrew and Viega, "The Galois/Counter Mode of Operation", the AES-256 cases with a 96-bit nonce. */
const VECTORS = [
  [13, "00".repeat(32), "00".repeat(12), "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"],
  [
    14,
    "00".repeat(32),
    "00".repeat(12),
    "00".repeat(16),
    "",
    "cea7403d4d606b6e074ec5d3baf39d18",
    "d0d1c8a799996bf0265b98b5d48ab919",
  ],
  [15, LONG_KEY, LONG_NONCE, LONG_PLAIN, "", LONG_CIPHER, "b094dac5d93471bdec1a502270e3cc6c"],
  [
    16,
    LONG_KEY,
    LONG_NONCE,
    LONG_PLAIN.slice(0, 120),
    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    LONG_CIPHER.slice(0, 120),
    "76fc6ece0f4e1768cddf8853bb2d551b",
  ],
] as const;

describe("AES-256-GCM against McGrew and Viega", () => {
  it.each(VECTORS)("test case %i seals and opens", (_case, key, nonce, plain, associated, cipher, tag) => {
    const sealed = sealWithNonce(hex(key), hex(nonce), hex(plain), hex(associated));
    expect(toHex(sealed)).toBe(`01${nonce}${cipher}${tag}`);
    expect(openBytes(hex(key), sealed, hex(associated))).toMatchObject({ ok: true });
  });

  const [, key, nonce, plain, associated] = VECTORS[3];
  const sealed = sealWithNonce(hex(key), hex(nonce), hex(plain), hex(associated));
  const flipped = (at: number): Uint8Array => sealed.map((byte, i) => (i === at ? byte ^ 1 : byte));
  it.each([
    ["wrong key", hex(LONG_KEY.replace("fe", "ff")), sealed, hex(associated)],
    ["wrong associated data", hex(key), sealed, hex(associated.replace("fe", "ff"))],
    ["no associated data", hex(key), sealed, hex("")],
    ["flipped bit in the version", hex(key), flipped(0), hex(associated)],
    ["flipped bit in the nonce", hex(key), flipped(1), hex(associated)],
    ["flipped bit in the ciphertext", hex(key), flipped(13), hex(associated)],
    ["flipped bit in the tag", hex(key), flipped(sealed.length - 1), hex(associated)],
    ["truncated by one byte", hex(key), sealed.subarray(0, -1), hex(associated)],
    ["truncated below the overhead", hex(key), sealed.subarray(0, SEAL_OVERHEAD - 1), hex(associated)],
    ["empty", hex(key), new Uint8Array(), hex(associated)],
  ])("refuses: %s", (_kind, withKey, bytes, withAssociated) => {
    expect(openBytes(withKey, bytes, withAssociated)).toMatchObject({
      ok: false,
      error: { code: "CONTENT_UNREADABLE", context: {} },
    });
  });
});

/** NIST CAVP, gcmEncryptExtIV256.rsp: 96-bit IV, 128-bit tag, count 0 of each of these lengths. */
const NIST = [
  [
    "nothing",
    "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4",
    "516c33929df5a3284ff463d7",
    "",
    "",
    "",
    "bdc1ac884d332457a1d2664f168c76f0",
  ],
  [
    "a text",
    "31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22",
    "0d18e06c7c725ac9e362e1ce",
    "2db5168e932556f8089a0622981d017d",
    "",
    "fa4362189661d163fcd6a56d8bf0405a",
    "d636ac1bbedd5cc3ee727dc2ab4a9489",
  ],
  [
    "a text and associated data",
    "92e11dcdaa866f5ce790fd24501f92509aacf4cb8b1339d50c9c1240935dd08b",
    "ac93a1a6145299bde902f21a",
    "2d71bcfa914e4ac045b2aa60955fad24",
    "1e0889016f67601c8ebea4943bc23ad6",
    "8995ae2e6df3dbf96fac7b7137bae67f",
    "eca5aa77d51d4a0a14d9c51e1da474ab",
  ],
] as const;

describe("AES-256-GCM against NIST's validation vectors", () => {
  it.each(NIST)("seals and opens %s", (_kind, key, nonce, plain, associated, cipher, tag) => {
    const sealed = sealWithNonce(hex(key), hex(nonce), hex(plain), hex(associated));
    expect(toHex(sealed)).toBe(`01${nonce}${cipher}${tag}`);
    const opened = openBytes(hex(key), sealed, hex(associated));
    expect(opened.ok && toHex(opened.value)).toBe(plain);
  });

  it.each(NIST)("refuses a forged tag over %s", (_kind, key, nonce, _plain, associated, cipher, tag) => {
    const forged = hex(`01${nonce}${cipher}${tag.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))}`);
    expect(openBytes(hex(key), forged, hex(associated))).toMatchObject({ error: { code: "CONTENT_UNREADABLE" } });
  });
});

describe("sealBytes", () => {
  const key = new Uint8Array(32).fill(7);
  it("opens whatever it sealed, and nothing after any single flipped bit", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.string({ maxLength: 20 }),
        fc.nat(),
        fc.nat(7),
        (plain, name, place, bit) => {
          const sealed = sealBytes(key, plain, name);
          const opened = openBytes(key, sealed, name);
          expect(opened.ok && Buffer.from(opened.value).toString("utf8")).toBe(Buffer.from(plain).toString("utf8"));
          const at = place % sealed.length;
          const changed = sealed.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte));
          expect(openBytes(key, changed, name).ok).toBe(false);
        },
      ),
    );
  });
  it("never uses a nonce twice", () => {
    const nonces = Array.from({ length: 500 }, () => toHex(sealBytes(key, "same", "same").subarray(1, 13)));
    expect(new Set(nonces).size).toBe(500);
  });
});
