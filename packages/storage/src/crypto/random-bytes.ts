import { randomFillSync } from "node:crypto";

/** Asking the generator costs the same for a nonce and for a page, so that short requests are cut from a page. */
const PAGE_BYTES = 8_192;
const SHORT = 64;
const page = new Uint8Array(PAGE_BYTES);
let used = PAGE_BYTES;

/** Bytes from the operating system's generator (through Node's DRBG). No byte is handed out twice, and none stays behind in the page. */
export const randomBytes = (length: number): Uint8Array => {
  if (length > SHORT) return randomFillSync(new Uint8Array(length));
  if (used + length > PAGE_BYTES) {
    randomFillSync(page);
    used = 0;
  }
  const bytes = page.slice(used, used + length);
  page.fill(0, used, used + length);
  used += length;
  return bytes;
};
