import { closeSync, constants, chmodSync, fchmodSync, fstatSync, openSync } from "node:fs";
import type { CopyGround } from "./means.ts";

/** Names are bytes on Linux; as text only where the bytes are UTF-8. */
export type Name = string | Buffer;

const FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0);
/** Linux: a place, not its content; needs no right to what stands there. */
const PLACE_ONLY = 0o10_000_000;
const PERMISSIONS = 0o777;

export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";

/** Runs a step; null where the system says that it cannot be for one of these reasons. */
export const unless = <T>(codes: readonly string[], step: () => T): T | null => {
  try {
    return step();
  } catch (thrown) {
    if (codes.includes(codeOf(thrown))) return null;
    throw thrown;
  }
};

/** Nothing stands there. */
export const NOTHING: readonly string[] = ["ENOENT"];
/** Something else stands there: a link, a file where a folder was, a name that no folder can have. */
export const NO_FOLDER: readonly string[] = ["ENOTDIR", "ELOOP", "ENAMETOOLONG"];
/** Nobody but root may look. */
export const CLOSED: readonly string[] = ["EACCES", "EPERM"];

/** The path of a name in a held folder, on which nobody swaps the folder. */
export function within(folder: number, name: string): string;
export function within(folder: number, name: Buffer): Buffer;
export function within(folder: number, name: Name): Name {
  const held = `/proc/self/fd/${String(folder)}/`;
  return typeof name === "string" ? held + name : Buffer.concat([Buffer.from(held), name]);
}

/** Opens a folder that is one, and no link to one. */
export const openFolder = (path: Name, { noFollow }: CopyGround): number => openSync(path, FOLDER | noFollow);

/** Gives back to its owner what a program locked: a folder or a plain file. */
export const unlock = (path: Name, rights: number, { noFollow }: CopyGround): void => {
  const place = openSync(path, PLACE_ONLY | noFollow);
  try {
    const mode = fstatSync(place).mode & PERMISSIONS;
    if ((mode & rights) !== rights) chmodSync(`/proc/self/fd/${String(place)}`, mode | rights);
  } finally {
    closeSync(place);
  }
};

/** Hands on what was opened once it is prepared; closes it where that fails. */
export const prepared = (fd: number, prepare: (fd: number) => void): number => {
  try {
    prepare(fd);
    return fd;
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
};

export const LOOK = 0o500;
export const CHANGE = 0o700;

/** Opens a folder of a copy; where its owner lost these rights to it, they come back first. */
export const openOwnFolder = (path: Name, rights: number, ground: CopyGround): number => {
  const opened = unless(CLOSED, () => openFolder(path, ground));
  if (opened === null) unlock(path, rights, ground);
  return prepared(opened ?? openFolder(path, ground), (folder) => {
    const mode = fstatSync(folder).mode & PERMISSIONS;
    if ((mode & rights) !== rights) fchmodSync(folder, mode | rights);
  });
};

/** How the next folder on a way is opened. */
export type Step = (path: string, way: readonly string[]) => number;

/**
 * Goes to the folder of a path part by part, each opened in the one before it, and hands it to `use` with the last name. Null where
 * something on the way is missing; throws ENOTDIR or ELOOP where it is no folder.
 */
export const inFolder = async <T>(
  root: number,
  parts: readonly string[],
  step: Step,
  use: (folder: number, name: string) => T | Promise<T>,
): Promise<T | null> => {
  let folder = root;
  try {
    for (const [index, part] of parts.slice(0, -1).entries()) {
      const from = folder;
      const next = unless(NOTHING, () => step(within(from, part), parts.slice(0, index + 1)));
      if (next === null) return null;
      if (folder !== root) closeSync(folder);
      folder = next;
    }
    return await use(folder, parts.at(-1) ?? "");
  } finally {
    if (folder !== root) closeSync(folder);
  }
};

/** The same; null too where something on the way is no folder: somebody else changed it meanwhile, or a program put it there. */
export const inFolderIfAny = async <T>(...given: Parameters<typeof inFolder<T>>): Promise<T | null> => {
  try {
    return await inFolder(...given);
  } catch (thrown) {
    if (NO_FOLDER.includes(codeOf(thrown))) return null;
    throw thrown;
  }
};
