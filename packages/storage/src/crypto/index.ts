/**
 * The only room with cryptographic primitives; each has its own file and published test vectors. It never keeps a key, never
 * touches a file and never invents an algorithm. The vault, the audit log and the database call it; the gateway makes the
 * ports that `core` and `ingress` are given.
 */
export { argon2id, RFC_9106_SECOND_CHOICE } from "./argon2id.ts";
export type { Argon2Parameters } from "./argon2id.ts";
export { readCertificate } from "./certificate.ts";
export type { CertificateFacts } from "./certificate.ts";
export { constantTimeEqual } from "./constant-time-equal.ts";
export { createContentSealer } from "./content-sealer.ts";
export type { ContentSealer, SubjectKeys } from "./content-sealer.ts";
export { createCrypto } from "./crypto-port.ts";
export { signerFromSeed, verifySignature } from "./ed25519.ts";
export type { Signer } from "./ed25519.ts";
export { hkdfSha256 } from "./hkdf-sha256.ts";
export { hmacSha256 } from "./hmac-sha256.ts";
export { createKeySignatures } from "./key-signatures.ts";
export { createIds, newId } from "./new-id.ts";
export { randomBytes } from "./random-bytes.ts";
export { openBytes, sealBytes } from "./seal-bytes.ts";
export { sha256, sha256Hex } from "./sha256.ts";
