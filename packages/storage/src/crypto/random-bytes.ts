import { randomFillSync } from "node:crypto";

/** `length` bytes from the system's cryptographic generator. */
export const randomBytes = (length: number): Uint8Array => randomFillSync(new Uint8Array(length));
