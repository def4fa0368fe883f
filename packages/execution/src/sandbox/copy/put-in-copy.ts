import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  lchownSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { copyFile } from "node:fs/promises";
import { SPARE_ID } from "../wall/bubblewrap-arguments.ts";
import { giveToPrograms } from "./copy-place.ts";
import { atPath, digestOf, intoCopy, isExecutable } from "./copy-side.ts";
import type { CopySide } from "./copy-side.ts";
import type { HeldFile } from "./file-content.ts";
import {
  CHANGE,
  NOTHING,
  NO_FOLDER,
  openFolder,
  openOwnFolder,
  prepared,
  unless,
  unlock,
  within,
} from "./held-folder.ts";
import type { Step } from "./held-folder.ts";

/** What was put into a copy. */
export interface Put {
  readonly digest: string | null;
  readonly executable: boolean;
}

/** From here on a thread of its own copies. */
const LARGE = 4 * 1024 * 1024;
const ALL_BITS = 0o7777;
const OWNER_READS = 0o400;
const OPEN_STAGED = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);
const IN_THE_WAY: readonly string[] = ["EISDIR", "ENOTEMPTY", "EEXIST", "EBUSY"];
const UNFINISHED = "unfinished";
const EXCLUSIVE = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;

/** Makes the folders that are missing on the way. */
const makingInCopy =
  ({ means, modes }: CopySide): Step =>
  (path, way) => {
    const present = unless(NOTHING, () => openOwnFolder(path, CHANGE, means.ground));
    if (present !== null) return present;
    mkdirSync(path, { mode: CHANGE });
    return prepared(openFolder(path, means.ground), (made) => {
      giveToPrograms(made, means);
      fchmodSync(made, (modes.get(way.join("/")) ?? CHANGE) | CHANGE);
    });
  };

/** Puts what is staged in its place; false where something else is in the way. */
const place = async (side: CopySide, path: string): Promise<boolean> => {
  const staged = within(side.staging, UNFINISHED);
  const isPlaced = await atPath(side, path, makingInCopy(side), (folder, name) => {
    const to = within(folder, name);
    return (
      unless(IN_THE_WAY, () => {
        if (unless(NOTHING, () => side.means.ground.lstat(to))?.isDirectory() === true) rmdirSync(to);
        renameSync(staged, to);
        return true;
      }) ?? false
    );
  });
  return isPlaced === true;
};

/** Copies an open file of the workspace, as a whole or not at all; null where something else is in the way. */
export const putFile = async (side: CopySide, path: string, source: HeldFile): Promise<Put | null> => {
  const { means } = side;
  const staged = within(side.staging, UNFINISHED);
  unless(NOTHING, () => unlinkSync(staged));
  const from = `/proc/self/fd/${String(source.fd)}`;
  if (source.stat.size < LARGE) copyFileSync(from, staged, EXCLUSIVE);
  else await copyFile(from, staged, EXCLUSIVE);
  const mode = Number(source.stat.mode) & means.ground.keptMode;
  unlock(staged, OWNER_READS, means.ground);
  const fd = openSync(staged, OPEN_STAGED);
  let put: Put;
  try {
    giveToPrograms(fd, means);
    // After the owner: a change of owner takes bits away, and never adds one.
    if ((fstatSync(fd).mode & ALL_BITS) !== mode) fchmodSync(fd, mode);
    const stat = fstatSync(fd, { bigint: true });
    put = { digest: await digestOf({ fd, stat }, means), executable: isExecutable({ fd, stat }) };
  } finally {
    closeSync(fd);
  }
  return (await place(side, path)) ? put : null;
};

/** Puts a link in its place; false where something else is in the way. */
export const putLink = async (side: CopySide, path: string, text: string): Promise<boolean> => {
  const staged = within(side.staging, UNFINISHED);
  unless(NOTHING, () => unlinkSync(staged));
  symlinkSync(text, staged);
  if (side.means.isRoot) lchownSync(staged, SPARE_ID, SPARE_ID);
  return place(side, path);
};

/** Removes a name of the copy that was found to be a file or a link. */
export const removeName = async (side: CopySide, path: string): Promise<void> => {
  await atPath(side, path, intoCopy(side.means, CHANGE), (folder, name) =>
    unless([...NOTHING, "EISDIR"], () => unlinkSync(within(folder, name))),
  );
};

/** Makes a folder, unless something stands there. */
export const makeFolder = async (side: CopySide, path: string): Promise<void> => {
  await atPath(side, `${path}/`, makingInCopy(side), () => undefined);
};

/** Removes a folder where it is empty. */
export const removeEmptyFolder = async (side: CopySide, path: string): Promise<void> => {
  await atPath(side, path, intoCopy(side.means, CHANGE), (folder, name) =>
    unless([...NOTHING, ...NO_FOLDER, ...IN_THE_WAY], () => rmdirSync(within(folder, name))),
  );
};
