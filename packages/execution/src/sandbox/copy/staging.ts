import { closeSync, mkdirSync, rmdirSync } from "node:fs";
import { CHANGE, openFolder, unless } from "./held-folder.ts";
import type { CopyMeans } from "./means.ts";
import type { Pace } from "./pace.ts";
import { emptyFolder } from "./remove-tree.ts";

const ENDING = ".staging";

/** The folder beside a copy, out of the reach of programs, in which its files are made and its trees taken apart. */
export const stagingPath = (copy: string): string => `${copy}${ENDING}`;

/** The copy that a staging folder belongs to; every other path itself. */
export const copyOfStaging = (path: string): string => (path.endsWith(ENDING) ? path.slice(0, -ENDING.length) : path);

/** Hands an empty staging folder to `use` and leaves none; what a crash left in it goes first. */
export const withStaging = async <T>(
  copy: string,
  { ground }: CopyMeans,
  pace: Pace,
  use: (staging: number) => Promise<T>,
): Promise<T> => {
  const path = stagingPath(copy);
  unless(["EEXIST"], () => mkdirSync(path, { mode: CHANGE }));
  const staging = openFolder(path, ground);
  try {
    await emptyFolder(staging, ground, pace);
    const used = await use(staging);
    await emptyFolder(staging, ground, pace);
    return used;
  } finally {
    closeSync(staging);
    unless(["ENOTEMPTY", "EEXIST"], () => rmdirSync(path));
  }
};
