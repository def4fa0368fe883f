import { sha256 } from "../crypto/index.ts";

const LEAF = 0;
const NODE = 1;
const HASH_BYTES = 32;

/** Filled and hashed in one go, never across an await: a record costs no allocation but its hash. */
const leafBytes = Buffer.alloc(32 * 1024);
leafBytes[0] = LEAF;
const nodeBytes = Buffer.alloc(1 + 2 * HASH_BYTES);
nodeBytes[0] = NODE;

/** UTF-8 takes at most three bytes for each unit of a text. */
const MOST_BYTES_PER_UNIT = 3;

/** The RFC 9162 hash of a leaf's bytes; its prefix 0x00 keeps leaves and nodes apart. */
export const leafHash = (bytes: string | Uint8Array): Uint8Array => {
  if (typeof bytes === "string") {
    if (1 + bytes.length * MOST_BYTES_PER_UNIT > leafBytes.length) return leafHash(Buffer.from(bytes, "utf8"));
    return sha256(leafBytes.subarray(0, 1 + leafBytes.write(bytes, 1, "utf8")));
  }
  if (1 + bytes.length > leafBytes.length) return sha256(Buffer.concat([Uint8Array.of(LEAF), bytes]));
  leafBytes.set(bytes, 1);
  return sha256(leafBytes.subarray(0, 1 + bytes.length));
};

/** The RFC 9162 hash of a node over its two children, prefix 0x01. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  nodeBytes.set(left, 1);
  nodeBytes.set(right, 1 + HASH_BYTES);
  return sha256(nodeBytes);
};

/** The roots of a tree's perfect subtrees, the largest first; the binary digits of `size` say how large each is. */
export interface FrontierState {
  readonly size: number;
  readonly peaks: readonly Uint8Array[];
}

/** The tree hash of a state; of nothing, the hash of no bytes. */
export const rootOf = ({ peaks }: FrontierState): Uint8Array =>
  peaks.length === 0 ? sha256("") : peaks.reduceRight((right, left) => nodeHash(left, right));

/** A growing tree that remembers only the roots of its perfect subtrees: O(log n) memory, O(1) amortised work per leaf. */
export interface Frontier {
  size(): number;
  /** Adds a leaf's hash. */
  append(leaf: Uint8Array): void;
  /** Adds the root of a perfect subtree of `leaves` (a power of two) leaves, of which the size must be a multiple. */
  appendSubtree(root: Uint8Array, leaves: number): void;
  /** The tree hash of everything appended. */
  root(): Uint8Array;
  /** All that it takes to go on from here. */
  state(): FrontierState;
}

/** A tree that goes on from a state, or begins with no leaves. */
export const createFrontier = (from: FrontierState = { size: 0, peaks: [] }): Frontier => {
  const peaks = [...from.peaks];
  let { size } = from;
  const appendSubtree = (root: Uint8Array, leaves: number): void => {
    let hash = root;
    for (let left = size / leaves; left % 2 === 1; left = Math.floor(left / 2)) {
      const peak = peaks.pop();
      if (peak !== undefined) hash = nodeHash(peak, hash);
    }
    peaks.push(hash);
    size += leaves;
  };
  return {
    size: () => size,
    append: (leaf) => appendSubtree(leaf, 1),
    appendSubtree,
    root: () => rootOf({ size, peaks }),
    state: () => ({ size, peaks: [...peaks] }),
  };
};
