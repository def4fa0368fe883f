import { createFrontier, nodeHash } from "./merkle-tree.ts";

const treeHash = (leaves: readonly Uint8Array[]): Uint8Array => {
  const tree = createFrontier();
  for (const leaf of leaves) tree.append(leaf);
  return tree.root();
};

/** The largest power of two below `n` (n ≥ 2). */
const split = (n: number): number => 2 ** Math.ceil(Math.log2(n) - 1);

/** RFC 9162 section 2.1.3.1: the hashes that lead from leaf `index` to the root; null when there is no such leaf. */
export const inclusionProof = (leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] | null => {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) return null;
  const path = (from: number, to: number): readonly Uint8Array[] => {
    if (to - from === 1) return [];
    const middle = from + split(to - from);
    return index < middle
      ? [...path(from, middle), treeHash(leaves.slice(middle, to))]
      : [...path(middle, to), treeHash(leaves.slice(from, middle))];
  };
  return path(0, leaves.length);
};

/** RFC 9162 section 2.1.4.1: the hashes that show the first `size` leaves to be a prefix; null when they cannot be. */
export const consistencyProof = (leaves: readonly Uint8Array[], size: number): readonly Uint8Array[] | null => {
  if (!Number.isInteger(size) || size < 1 || size > leaves.length) return null;
  const subproof = (from: number, to: number, known: boolean): readonly Uint8Array[] => {
    if (size === to) return known ? [] : [treeHash(leaves.slice(from, to))];
    const middle = from + split(to - from);
    return size <= middle
      ? [...subproof(from, middle, known), treeHash(leaves.slice(middle, to))]
      : [...subproof(middle, to, false), treeHash(leaves.slice(from, middle))];
  };
  return subproof(0, leaves.length, true);
};

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const half = (n: number): number => Math.floor(n / 2);
const isOdd = (n: number): boolean => n % 2 === 1;

/** RFC 9162 section 2.1.3.2: whether `leaf` stands at `index` of the tree with this size and root. */
export const verifyInclusion = (
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean => {
  if (!Number.isInteger(index) || !Number.isInteger(size) || index < 0 || index >= size) return false;
  let place = index;
  let last = size - 1;
  let hash = leaf;
  for (const step of proof) {
    if (last === 0) return false;
    if (isOdd(place) || place === last) {
      hash = nodeHash(step, hash);
      while (!isOdd(place) && place !== 0) {
        place = half(place);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, step);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && equal(hash, root);
};

/** A tree as its head gives it. */
export interface TreeState {
  readonly size: number;
  readonly root: Uint8Array;
}

/** RFC 9162 section 2.1.4.2: whether the tree `later` begins with the whole tree `earlier`. */
export const verifyConsistency = (earlier: TreeState, later: TreeState, proof: readonly Uint8Array[]): boolean => {
  if (!Number.isInteger(earlier.size) || !Number.isInteger(later.size)) return false;
  if (earlier.size < 1 || earlier.size > later.size) return false;
  if (earlier.size === later.size) return proof.length === 0 && equal(earlier.root, later.root);
  // A complete earlier tree is itself the first step of the way.
  const isComplete = split(earlier.size + 1) === earlier.size;
  const [first, ...steps] = isComplete ? [earlier.root, ...proof] : proof;
  if (first === undefined) return false;
  let place = earlier.size - 1;
  let last = later.size - 1;
  while (isOdd(place)) {
    place = half(place);
    last = half(last);
  }
  let before = first;
  let after = first;
  for (const step of steps) {
    if (last === 0) return false;
    if (isOdd(place) || place === last) {
      before = nodeHash(step, before);
      after = nodeHash(step, after);
      while (!isOdd(place) && place !== 0) {
        place = half(place);
        last = half(last);
      }
    } else {
      after = nodeHash(after, step);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && equal(before, earlier.root) && equal(after, later.root);
};
