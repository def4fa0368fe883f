import { Digest } from "@moltbot/contracts";
import type { CryptoPort } from "@moltbot/contracts";
import { constantTimeEqual } from "./constant-time-equal.ts";
import { hmacSha256 } from "./hmac-sha256.ts";
import { randomBytes } from "./random-bytes.ts";
import { sha256Hex } from "./sha256.ts";

const HEX_BYTES = /^(?:[0-9a-f]{2})+$/;

/** The primitives that other zones are given; `macKey` (32 bytes) stays inside. */
export const createCrypto = (macKey: Uint8Array): CryptoPort =>
  Object.freeze<CryptoPort>({
    hash: (bytes) => Digest.parse(sha256Hex(bytes)),
    mac: (purpose, bytes) => {
      const name = Buffer.from(purpose, "utf8");
      // The length in front keeps ("ab", "c") and ("a", "bc") apart.
      const length = Buffer.alloc(4);
      length.writeUInt32BE(name.length);
      return Buffer.from(hmacSha256(macKey, length, name, bytes)).toString("hex");
    },
    macWith: (key, bytes) => {
      // A key that is not hex would be read as a shorter one, or as none: then anybody could make the next link.
      if (!HEX_BYTES.test(key)) throw new Error("the key of a chained MAC must be hex");
      return Buffer.from(hmacSha256(Buffer.from(key, "hex"), bytes)).toString("hex");
    },
    randomText: (length) => Buffer.from(randomBytes(length)).toString("base64url"),
    equal: constantTimeEqual,
  });
