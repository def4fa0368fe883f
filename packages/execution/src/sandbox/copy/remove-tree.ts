import { closeSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { CHANGE, codeOf, openOwnFolder, unlock, within } from "./held-folder.ts";
import type { CopyGround } from "./means.ts";
import type { Pace } from "./pace.ts";
import { namesIn } from "./walk-folder.ts";

const BATCH = 256;

const someNames = (folder: number): readonly Buffer[] => {
  const names: Buffer[] = [];
  for (const name of namesIn(folder)) if (names.push(name) === BATCH) break;
  return names;
};

/**
 * Empties a folder that nobody else reaches. Folders in folders are first moved up beside each other, so that no tree is too deep for
 * it; links are removed, not followed, and what was locked is unlocked. Throws what the system refuses.
 */
export const emptyFolder = async (root: number, ground: CopyGround, pace: Pace): Promise<void> => {
  let moved = 0;
  const moveUp = (folder: number, name: Buffer): void => {
    const from = within(folder, name);
    // A folder that changes its parent is itself changed.
    unlock(from, CHANGE, ground);
    for (;;) {
      moved += 1;
      try {
        renameSync(from, within(root, `up-${String(moved)}`));
        return;
      } catch (thrown) {
        if (!["EEXIST", "ENOTEMPTY", "ENOTDIR"].includes(codeOf(thrown))) throw thrown;
      }
    }
  };
  const eachName = async (folder: number, remove: (name: Buffer) => void | Promise<void>): Promise<void> => {
    for (let names = someNames(folder); names.length > 0; names = someNames(folder)) {
      for (const name of names) {
        await remove(name);
        await pace();
      }
    }
  };
  const isFolder = (path: Buffer | string): boolean => ground.lstat(path).isDirectory();
  const removeFolder = async (path: Buffer): Promise<void> => {
    const folder = openOwnFolder(path, CHANGE, ground);
    try {
      await eachName(folder, (name) => {
        if (isFolder(within(folder, name))) moveUp(folder, name);
        else unlinkSync(within(folder, name));
      });
    } finally {
      closeSync(folder);
    }
    rmdirSync(path);
  };
  await eachName(root, async (name) => {
    const path = within(root, name);
    if (isFolder(path)) await removeFolder(path);
    else unlinkSync(path);
  });
};
