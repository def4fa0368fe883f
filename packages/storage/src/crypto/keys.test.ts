import { describe, expect, it } from "vitest";
import { argon2id, RFC_9106_SECOND_CHOICE, signerFromSeed, verifySignature } from "./index.ts";

const hex = (text: string): Uint8Array => Buffer.from(text, "hex");
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("Argon2id against RFC 9106 section 5.3", () => {
  const password = hex("01".repeat(32));
  const salt = hex("02".repeat(16));
  const extra = { secret: hex("03".repeat(8)), associatedData: hex("04".repeat(12)) };
  const costs = { passes: 3, parallelism: 4, memory: 32 };
  const tag = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";

  it("gives the published tag", async () => {
    expect(toHex(await argon2id(password, salt, costs, extra))).toBe(tag);
  });
  it.each([
    ["wrong passphrase", hex("11".repeat(32)), salt, costs],
    ["wrong salt", password, hex("12".repeat(16)), costs],
    ["fewer passes", password, salt, { ...costs, passes: 2 }],
    ["less memory", password, salt, { ...costs, memory: 40 }],
    ["other lanes", password, salt, { ...costs, parallelism: 2 }],
  ])("differs: %s", async (_kind, withPassword, withSalt, withCosts) => {
    expect(toHex(await argon2id(withPassword, withSalt, withCosts, extra))).not.toBe(tag);
  });
  it("offers the second choice of the standard", () => {
    expect(RFC_9106_SECOND_CHOICE).toEqual({ passes: 3, parallelism: 4, memory: 65_536 });
  });
});

describe("Ed25519 against RFC 8032 section 7.1", () => {
  const VECTORS = [
    [
      1,
      "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
      2,
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
      3,
      "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
  ] as const;

  it.each(VECTORS)("test %i signs and verifies", (_test, seed, publicKey, message, signature) => {
    const signer = signerFromSeed(hex(seed));
    expect(toHex(signer.publicKey)).toBe(publicKey);
    expect(toHex(signer.sign(hex(message)))).toBe(signature);
    expect(verifySignature(hex(publicKey), hex(message), hex(signature))).toBe(true);
  });

  const [, , publicKey, message, signature] = VECTORS[2];
  const other = VECTORS[1][2];
  // Adding the group order L to S gives a second valid-looking signature unless S < L is checked.
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const little = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.toReversed())}`);
  const malleated = `${signature.slice(0, 64)}${toHex(
    hex((little(hex(signature.slice(64))) + L).toString(16).padStart(64, "0")).toReversed(),
  )}`;
  it.each([
    ["wrong key", other, message, signature],
    ["flipped bit in the message", publicKey, "ae82", signature],
    ["truncated message", publicKey, "af", signature],
    ["flipped bit in the signature", publicKey, message, signature.replace("62", "63")],
    ["truncated signature", publicKey, message, signature.slice(2)],
    ["malleated signature", publicKey, message, malleated],
    ["truncated key", publicKey.slice(2), message, signature],
    ["no signature", publicKey, message, ""],
    ["a key that is no point", "ff".repeat(32), message, signature],
  ])("refuses: %s", (_kind, withKey, withMessage, withSignature) => {
    expect(verifySignature(hex(withKey), hex(withMessage), hex(withSignature))).toBe(false);
  });
  it("signs text as UTF-8", () => {
    const signer = signerFromSeed(hex(VECTORS[0][1]));
    expect(verifySignature(signer.publicKey, "größer", signer.sign(Buffer.from("größer", "utf8")))).toBe(true);
  });
});
