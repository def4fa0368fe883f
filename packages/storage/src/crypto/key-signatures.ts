import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { DeviceKey, SignaturePort } from "@moltbot/contracts";

const SIGNATURE_BYTES = 64;
const MOST_KEYS = 1_000;

const read = (key: DeviceKey): KeyObject | null => {
  try {
    return createPublicKey({ key: { ...key }, format: "jwk" });
  } catch {
    return null; // a point that is not on its curve
  }
};

/** Signatures by keys as JWKs (RFC 7517): what was read once is kept, the one used least lately goes first. */
export const createKeySignatures = (): SignaturePort => {
  const known = new Map<string, KeyObject>();
  const objectOf = (key: DeviceKey): KeyObject | null => {
    const name = JSON.stringify(key);
    const found = known.get(name) ?? read(key);
    if (found === null) return null;
    known.delete(name);
    const [oldest] = known.keys();
    if (known.size >= MOST_KEYS && oldest !== undefined) known.delete(oldest);
    known.set(name, found);
    return found;
  };
  return Object.freeze<SignaturePort>({
    isKey: (key) => read(key) !== null,
    verify: (key, bytes, signature) => {
      const object = signature.length === SIGNATURE_BYTES ? objectOf(key) : null;
      if (object === null) return false;
      const signed = typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes;
      return key.kty === "OKP"
        ? verify(null, signed, object, signature)
        : verify("sha256", signed, { key: object, dsaEncoding: "ieee-p1363" }, signature);
    },
  });
};
