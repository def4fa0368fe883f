import { readlinkSync } from "node:fs";
import { readAll, sameBytes, withFile } from "./file-content.ts";
import type { HeldFile } from "./file-content.ts";
import {
  LOOK,
  NOTHING,
  NO_FOLDER,
  codeOf,
  inFolder,
  inFolderIfAny,
  openOwnFolder,
  unless,
  within,
} from "./held-folder.ts";
import type { Step } from "./held-folder.ts";
import { stampOf } from "./manifest.ts";
import type { KnownFile } from "./manifest.ts";
import type { CopyMeans } from "./means.ts";

/** What stands at a place of the copy, beside what was last put there. */
export type Standing = "nothing" | "as it came" | "changed" | "in the way";

/** A copy and the folder beside it, in which each file is made before it goes in as a whole. */
export interface CopySide {
  readonly folder: number;
  readonly staging: number;
  readonly means: CopyMeans;
  /** Modes of the workspace's folders. */
  readonly modes: ReadonlyMap<string, number>;
}

/** A copy that is looked at and not changed. */
export type Looked = Pick<CopySide, "folder" | "means">;

const ANYBODY_RUNS = 0o111n;

export const isExecutable = (file: HeldFile): boolean => (file.stat.mode & ANYBODY_RUNS) !== 0n;

/** SHA-256 of a file; null for one that is too large to come back. */
export const digestOf = async (file: HeldFile, { hash, limits }: CopyMeans): Promise<string | null> => {
  const content = await readAll(file, limits.contentBytes);
  return content === null ? null : hash(content);
};

/** A step into the copy, where its owner has these rights again. */
export const intoCopy =
  ({ ground }: CopyMeans, rights = LOOK): Step =>
  (path) =>
    openOwnFolder(path, rights, ground);

/** Whether a file of the copy holds what came, and may be run as it could. */
export const isAsItCame = async (file: HeldFile, known: KnownFile, means: CopyMeans): Promise<boolean> => {
  if (stampOf(file.stat) === known.copy) return true;
  if (isExecutable(file) !== known.executable || known.digest === null) return false;
  return (await digestOf(file, means)) === known.digest;
};

/** Does something in the folder of a path in the copy; null where there is none or something else stands on the way. */
export const atPath = async <T>(
  side: Looked,
  path: string,
  step: Step,
  act: (folder: number, name: string) => T | Promise<T>,
): Promise<T | "in the way" | null> => {
  try {
    return await inFolder(side.folder, path.split("/"), step, act);
  } catch (thrown) {
    if (NO_FOLDER.includes(codeOf(thrown))) return "in the way";
    throw thrown;
  }
};

/** What stands where a file is, or is to be. A folder is nothing to a new file: an empty one goes, and another stays in the way. */
export const standingFile = async (side: CopySide, path: string, known: KnownFile | undefined): Promise<Standing> =>
  (await atPath(side, path, intoCopy(side.means), async (folder, name): Promise<Standing> => {
    const stat = unless(NOTHING, () => side.means.ground.lstat(within(folder, name)));
    if (stat === null) return "nothing";
    if (stat.isDirectory()) return known === undefined ? "nothing" : "in the way";
    const found = await withFile(folder, name, side.means.ground, true, async (file): Promise<Standing> =>
      known !== undefined && (await isAsItCame(file, known, side.means)) ? "as it came" : "changed",
    );
    return found ?? "in the way";
  })) ?? "nothing";

/** What stands where a link is, or is to be. */
export const standingLink = async (side: Looked, path: string, known: string | undefined): Promise<Standing> =>
  (await atPath(side, path, intoCopy(side.means), (folder, name): Standing => {
    const stat = unless(NOTHING, () => side.means.ground.lstat(within(folder, name)));
    if (stat === null) return "nothing";
    if (stat.isDirectory() && known === undefined) return "nothing";
    if (!stat.isSymbolicLink()) return "in the way";
    // A program may have put something else there a moment ago.
    const text = unless([...NOTHING, "EINVAL"], () => readlinkSync(within(folder, name)));
    return text !== null && text === known ? "as it came" : "changed";
  })) ?? "nothing";

/** Does something with a plain file of the copy; null where there is none. */
export const withCopied = <T>(
  { folder: copy, means }: Looked,
  path: string,
  use: (file: HeldFile) => T | Promise<T>,
): Promise<T | null> =>
  inFolderIfAny(copy, path.split("/"), intoCopy(means), (folder, name) =>
    withFile(folder, name, means.ground, true, use),
  );

/** Whether the copy has this very file already: its bytes, and the right to run. */
export const hasSame = async (side: CopySide, path: string, source: HeldFile): Promise<boolean> =>
  (await withCopied(
    side,
    path,
    async (file) => isExecutable(file) === isExecutable(source) && (await sameBytes(file, source)),
  )) ?? false;
