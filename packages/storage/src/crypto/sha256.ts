import { hash } from "node:crypto";

/** SHA-256 (FIPS 180-4) of the bytes, or of the text as UTF-8: 32 bytes. */
export const sha256 = (bytes: string | Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

/** The same as lower-case hex. */
export const sha256Hex = (bytes: string | Uint8Array): string => hash("sha256", bytes, "hex");
