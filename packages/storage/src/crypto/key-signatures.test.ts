import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DeviceKey } from "@moltbot/contracts";
import { createKeySignatures } from "./key-signatures.ts";

const signatures = createKeySignatures();
const bytesOf = (text: string): Uint8Array => Buffer.from(text, "base64");

/** RFC 9421, B.1.4 and B.2.6. */
const ED25519 = DeviceKey.parse({ kty: "OKP", crv: "Ed25519", x: "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs" });
const B26 = `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`;
const BY_ED25519 = bytesOf("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==");

/** RFC 9421, B.1.3 and B.2.4. */
const P256 = DeviceKey.parse({
  kty: "EC",
  crv: "P-256",
  x: "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA",
  y: "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0",
});
const B24 = `"@status": 200
"content-type": application/json
"content-digest": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:
"content-length": 23
"@signature-params": ("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"`;
const BY_P256 = bytesOf("wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==");

describe("signatures by a public key", () => {
  it.each([
    ["Ed25519 (RFC 9421, B.2.6)", ED25519, B26, BY_ED25519],
    ["ECDSA on P-256 (RFC 9421, B.2.4)", P256, B24, BY_P256],
  ] as const)("%s", (_, key, base, signature) => {
    expect(signatures.isKey(key)).toBe(true);
    // Twice: the second time the key is remembered.
    for (const text of [base, Buffer.from(base)]) expect(signatures.verify(key, text, signature)).toBe(true);
    expect(signatures.verify(key, base.replace("2", "3"), signature)).toBe(false);
    for (let bit = 0; bit < 512; bit += 37) {
      const spoiled = Uint8Array.from(signature);
      spoiled[bit >> 3] = (spoiled[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect([bit, signatures.verify(key, base, spoiled)]).toEqual([bit, false]);
    }
    for (const wrong of [
      new Uint8Array(0),
      new Uint8Array(64),
      signature.subarray(1),
      Buffer.concat([signature, signature]),
    ])
      expect(signatures.verify(key, base, wrong)).toBe(false);
  });

  it("are not another key's, nor another kind's, nor in another form", () => {
    expect(signatures.verify(P256, B26, BY_ED25519)).toBe(false);
    expect(signatures.verify(ED25519, B24, BY_P256)).toBe(false);
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = DeviceKey.parse(publicKey.export({ format: "jwk" }));
    expect(
      signatures.verify(key, "x", sign("sha256", Buffer.from("x"), { key: privateKey, dsaEncoding: "ieee-p1363" })),
    ).toBe(true);
    expect(signatures.verify(key, "x", sign("sha256", Buffer.from("x"), privateKey))).toBe(false);
  });

  it("are none by what is no key", () => {
    const off: DeviceKey = { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) };
    expect([signatures.isKey(off), signatures.verify(off, B24, BY_P256)]).toEqual([false, false]);
  });

  it("are none by a key of small order, for which one signature would fit every text", () => {
    const ofSmallOrder = [
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0000000000000000000000000000000000000000000000000000000000000080",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ].map((hex) => Buffer.from(hex, "hex"));
    const texts = Array.from({ length: 32 }, (_, at) => `text ${String(at)}`);
    for (const point of ofSmallOrder) {
      const key = DeviceKey.parse({ kty: "OKP", crv: "Ed25519", x: point.toString("base64url") });
      const forged = ofSmallOrder.map((commitment) => Buffer.concat([commitment, Buffer.alloc(32)]));
      expect(texts.some((text) => forged.some((one) => signatures.verify(key, text, one)))).toBe(false);
    }
  });

  it("are checked for more keys than are remembered", () => {
    for (let n = 0; n < 1_100; n += 1) {
      const { privateKey, publicKey } =
        n % 100 === 0 ? generateKeyPairSync("ed25519") : { privateKey: null, publicKey: null };
      if (privateKey === null) {
        const x = Buffer.alloc(32, n % 251)
          .toString("base64url")
          .slice(0, 43);
        const padded = Buffer.concat([Buffer.from([n >> 8, n & 255]), Buffer.from(x, "base64url")]).subarray(0, 32);
        expect(
          signatures.verify({ kty: "OKP", crv: "Ed25519", x: padded.toString("base64url") }, B26, BY_ED25519),
        ).toBe(false);
        continue;
      }
      const key = DeviceKey.parse(publicKey.export({ format: "jwk" }));
      expect(signatures.verify(key, "x", sign(null, Buffer.from("x"), privateKey))).toBe(true);
    }
    expect(signatures.verify(ED25519, B26, BY_ED25519)).toBe(true);
  });
});
