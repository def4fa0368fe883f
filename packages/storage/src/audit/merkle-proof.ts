import { createFrontier, nodeHash } from "./merkle-tree.ts";
import { consistencyRanges, inclusionRanges, split } from "./merkle-ranges.ts";
import type { Range } from "./merkle-ranges.ts";

const hashesOf = (leaves: readonly Uint8Array[], ranges: readonly Range[] | null): readonly Uint8Array[] | null =>
  ranges?.map(({ from, to }) => {
    const tree = createFrontier();
    for (const leaf of leaves.slice(from, to)) tree.append(leaf);
    return tree.root();
  }) ?? null;

/** RFC 9162 section 2.1.3.1: the hashes that lead from leaf `index` to the root; null when there is no such leaf. */
export const inclusionProof = (leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] | null =>
  hashesOf(leaves, inclusionRanges(leaves.length, index));

/** RFC 9162 section 2.1.4.1: the hashes that show the first `size` leaves to be a prefix; null when they cannot be. */
export const consistencyProof = (leaves: readonly Uint8Array[], size: number): readonly Uint8Array[] | null =>
  hashesOf(leaves, consistencyRanges(leaves.length, size));

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
