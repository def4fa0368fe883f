import { createFrontier } from "./merkle-tree.ts";

/** How many leaves one tile holds; a power of two. */
export const TILE = 1_024;

/** The roots of the tree's full tiles: 32 KiB for a million records, from which proofs are put together. */
export interface Tiles {
  /** Up to which leaf the roots are known. */
  known(): number;
  root(tile: number): Uint8Array | undefined;
  /** Takes leaves in order; one that is not the next is passed over. */
  append(sequence: number, leaf: Uint8Array): void;
  /** Begins the tile that is not full yet anew. */
  restart(): void;
}

export const createTiles = (): Tiles => {
  const roots: Uint8Array[] = [];
  let growing = createFrontier();
  return {
    known: () => roots.length * TILE,
    root: (tile) => roots[tile],
    restart: () => {
      growing = createFrontier();
    },
    append: (sequence, leaf) => {
      if (sequence !== roots.length * TILE + growing.size()) return;
      growing.append(leaf);
      if (growing.size() < TILE) return;
      roots.push(growing.root());
      growing = createFrontier();
    },
  };
};
