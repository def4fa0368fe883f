import { sha256 } from "../crypto/index.ts";

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The RFC 9162 hash of a leaf's bytes; its prefix 0x00 keeps leaves and nodes apart. */
export const leafHash = (bytes: string | Uint8Array): Uint8Array =>
  sha256(Buffer.concat([LEAF, typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes]));

/** The RFC 9162 hash of a node over its two children, prefix 0x01. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => sha256(Buffer.concat([NODE, left, right]));

/** A growing tree that remembers only the roots of its perfect subtrees: O(log n) memory, O(1) amortised work per leaf. */
export interface Frontier {
  size(): number;
  /** Adds a leaf's hash. */
  append(leaf: Uint8Array): void;
  /** The tree hash of everything appended; of nothing, the hash of no bytes. */
  root(): Uint8Array;
}

/** A tree with no leaves. */
export const createFrontier = (): Frontier => {
  // Largest subtree first; the binary digits of `size` say how large each is.
  const peaks: Uint8Array[] = [];
  let size = 0;
  return {
    size: () => size,
    append: (leaf) => {
      let hash = leaf;
      for (let left = size; left % 2 === 1; left = Math.floor(left / 2)) {
        const peak = peaks.pop();
        if (peak !== undefined) hash = nodeHash(peak, hash);
      }
      peaks.push(hash);
      size += 1;
    },
    root: () => (peaks.length === 0 ? sha256("") : peaks.reduceRight((right, left) => nodeHash(left, right))),
  };
};
