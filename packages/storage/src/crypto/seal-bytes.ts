import { createCipheriv, createDecipheriv } from "node:crypto";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { randomBytes } from "./random-bytes.ts";

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What sealing adds: version, nonce and tag. */
export const SEAL_OVERHEAD = 1 + NONCE_BYTES + TAG_BYTES;

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === "string" ? Buffer.from(text, "utf8") : text;

/** For `sealBytes` and the published vectors alone: a nonce used twice under one key gives the key stream away. */
export const sealWithNonce = (
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: string | Uint8Array,
  associated: string | Uint8Array,
): Uint8Array => {
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(bytesOf(associated));
  const body = cipher.update(bytesOf(plaintext));
  return Buffer.concat([Uint8Array.of(VERSION), nonce, body, cipher.final(), cipher.getAuthTag()]);
};

/**
 * AES-256-GCM (NIST SP 800-38D) under a 32-byte key with a random 96-bit nonce: `version | nonce | ciphertext | tag`.
 * `associated` names what is sealed and is not stored; at most 2^32 calls per key.
 */
export const sealBytes = (
  key: Uint8Array,
  plaintext: string | Uint8Array,
  associated: string | Uint8Array,
): Uint8Array => sealWithNonce(key, randomBytes(NONCE_BYTES), plaintext, associated);

/** Opens what `sealBytes` made under the same key and name; CONTENT_UNREADABLE for anything else, without saying why. */
export const openBytes = (key: Uint8Array, sealed: Uint8Array, associated: string | Uint8Array): Result<Uint8Array> => {
  if (sealed.length < SEAL_OVERHEAD || sealed[0] !== VERSION) return err(moltbotError("CONTENT_UNREADABLE"));
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(bytesOf(associated));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const body = decipher.update(sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES));
  try {
    return ok(Buffer.concat([body, decipher.final()]));
  } catch {
    // A tag that does not fit is the only way `final` fails; unauthenticated plaintext never leaves this function.
    return err(moltbotError("CONTENT_UNREADABLE"));
  }
};
