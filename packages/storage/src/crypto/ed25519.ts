import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";

// RFC 8410: the DER that stands before the 32 raw bytes of a seed and of a public key.
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const PUBLIC_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** Signs with one Ed25519 key that it keeps to itself. */
export interface Signer {
  /** The raw 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(bytes: string | Uint8Array): Uint8Array;
}

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === "string" ? Buffer.from(text, "utf8") : text;

/** An Ed25519 (RFC 8032) signer from its 32-byte seed. */
export const signerFromSeed = (seed: Uint8Array): Signer => {
  const privateKey = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(PUBLIC_PREFIX.length);
  return Object.freeze({
    publicKey: new Uint8Array(publicKey),
    sign: (bytes: string | Uint8Array) => sign(null, bytesOf(bytes), privateKey),
  });
};

/** Whether `signature` (64 bytes) is the key's over these bytes; false for anything malformed. */
export const verifySignature = (publicKey: Uint8Array, bytes: string | Uint8Array, signature: Uint8Array): boolean => {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const key = createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, publicKey]), format: "der", type: "spki" });
  return verify(null, bytesOf(bytes), key, signature);
};
