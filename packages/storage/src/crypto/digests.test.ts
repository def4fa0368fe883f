import { describe, expect, it } from "vitest";
import { constantTimeEqual, hkdfSha256, hmacSha256, randomBytes, sha256, sha256Hex } from "./index.ts";

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const run = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("SHA-256 against FIPS 180-4", () => {
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ])("hashes %.20j", (message, digest) => {
    expect(toHex(sha256(message))).toBe(digest);
    expect(sha256Hex(Buffer.from(message))).toBe(digest);
  });
});

describe("HMAC-SHA-256 against RFC 4231", () => {
  const cases = [
    [1, "0b".repeat(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
    [
      2,
      toHex(Buffer.from("Jefe")),
      "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [3, "aa".repeat(20), hex("dd".repeat(50)), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
    [4, toHex(run(1, 25)), hex("cd".repeat(50)), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"],
    [
      6,
      "aa".repeat(131),
      "Test Using Larger Than Block-Size Key - Hash Key First",
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
    [
      7,
      "aa".repeat(131),
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ],
  ] as const;

  it.each(cases)("case %i", (_case, key, message, mac) => {
    expect(toHex(hmacSha256(hex(key), message))).toBe(mac);
  });

  it("case 5, whose tag is cut to 128 bits", () => {
    const tag = toHex(hmacSha256(hex("0c".repeat(20)), "Test With Truncation"));
    expect(tag.slice(0, 32)).toBe("a3b6167473100ee06e0c796c2955552b");
  });

  it("gives the same for a message in parts", () => {
    expect(hmacSha256(hex("0b".repeat(20)), "Hi ", Buffer.from("There"))).toEqual(
      hmacSha256(hex("0b".repeat(20)), "Hi There"),
    );
  });

  it.each([
    ["wrong key", "0c".repeat(20), "Hi There"],
    ["flipped bit", "0b".repeat(20), "Hi Thesd"],
    ["truncated message", "0b".repeat(20), "Hi Ther"],
  ])("differs: %s", (_kind, key, message) => {
    expect(toHex(hmacSha256(hex(key), message))).not.toBe(cases[0][3]);
  });
});

describe("HKDF-SHA-256 against RFC 5869", () => {
  const ikm = hex("0b".repeat(22));
  const first = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
  it("case 1, basic", () => {
    expect(toHex(hkdfSha256(ikm, run(0, 0x0c), run(0xf0, 0xf9), 42))).toBe(first);
  });
  it("case 2, longer inputs and output", () => {
    expect(toHex(hkdfSha256(run(0, 0x4f), run(0x60, 0xaf), run(0xb0, 0xff), 82))).toBe(
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    );
  });
  it("case 3, no salt and no info", () => {
    expect(toHex(hkdfSha256(ikm, "", "", 42))).toBe(
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    );
  });
  it.each([
    ["wrong key", hex("0c".repeat(22)), run(0, 0x0c), run(0xf0, 0xf9)],
    ["wrong salt", ikm, run(1, 0x0d), run(0xf0, 0xf9)],
    ["wrong purpose", ikm, run(0, 0x0c), run(0xf1, 0xfa)],
  ])("differs: %s", (_kind, key, salt, info) => {
    expect(toHex(hkdfSha256(key, salt, info, 42))).not.toBe(first);
  });
  it("gives 32 bytes unless asked otherwise", () => {
    expect(hkdfSha256(ikm, "", "purpose")).toHaveLength(32);
  });
});

describe("random bytes and comparison", () => {
  it("hands out as many fresh bytes as asked", () => {
    expect(randomBytes(32)).toHaveLength(32);
    expect(randomBytes(32)).not.toEqual(randomBytes(32));
    expect(randomBytes(0)).toHaveLength(0);
  });
  it.each([
    ["equal texts", "secret", "secret", true],
    ["equal bytes", Uint8Array.of(1, 2), Uint8Array.of(1, 2), true],
    ["another text", "secret", "Secret", false],
    ["a prefix", "secret", "secre", false],
    ["empty against full", "", "x", false],
  ])("compares %s", (_kind, a, b, equal) => {
    expect(constantTimeEqual(a, b)).toBe(equal);
  });
});
