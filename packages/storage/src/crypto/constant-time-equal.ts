import { timingSafeEqual } from "node:crypto";
import { sha256 } from "./sha256.ts";

/** Whether two texts or byte strings are equal, in a time that tells nothing about where they differ. */
export const constantTimeEqual = (a: string | Uint8Array, b: string | Uint8Array): boolean =>
  // Digests have one length, so a different length takes the same time too.
  timingSafeEqual(sha256(a), sha256(b));
