import { createHmac } from "node:crypto";

/** HMAC-SHA-256 (RFC 2104) over the parts in order, text as UTF-8: 32 bytes. The caller frames the parts. */
export const hmacSha256 = (key: Uint8Array, ...parts: readonly (string | Uint8Array)[]): Uint8Array => {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};
