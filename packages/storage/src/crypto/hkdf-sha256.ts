import { hkdfSync } from "node:crypto";

/** HKDF-SHA-256 (RFC 5869): `length` bytes (at most 8160) from `key`; `info` separates purposes. */
export const hkdfSha256 = (
  key: Uint8Array,
  salt: string | Uint8Array,
  info: string | Uint8Array,
  length = 32,
): Uint8Array => new Uint8Array(hkdfSync("sha256", key, salt, info, length));
