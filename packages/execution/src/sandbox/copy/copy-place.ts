import { closeSync, fchmodSync, fchownSync, fstatSync, mkdirSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, normalize, sep } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { SPARE_ID } from "../wall/bubblewrap-arguments.ts";
import { CHANGE, CLOSED, LOOK, NOTHING, NO_FOLDER, codeOf, openFolder, openOwnFolder, unless } from "./held-folder.ts";
import { NOTHING_KNOWN, hasManifest, readManifest } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import type { CopyMeans } from "./means.ts";
import type { CopyPlace } from "./workspace-copy.ts";

const OWNER_FOLDER = 0o700;

/** A copy, held open, and what is known of it. */
export interface HeldCopy {
  readonly folder: number;
  readonly manifest: Manifest;
  /** Whether the manifest is one that was read, and of this very folder. */
  readonly isKnown: boolean;
}

const outside = (): Result<never> => err(moltbotError("PATH_OUTSIDE_WORKSPACE"));

const isWhole = (path: string): boolean =>
  isAbsolute(path) && normalize(path) === path && basename(path) !== "" && !path.includes("\0");

/** The real path of a place whose folder need not be there, as far as it is. */
const realPlace = (path: string): string => {
  const real = unless(NOTHING, () => realpathSync(path));
  if (real !== null) return real;
  const above = dirname(path);
  return above === path ? path : join(realPlace(above), basename(path));
};

const holds = (folder: string, path: string): boolean => folder === path || path.startsWith(`${folder}${sep}`);

/** Where workspace and copy really are; PATH_OUTSIDE_WORKSPACE unless each is a folder apart from the other. */
export const locatePlace = ({ workspace, copy }: CopyPlace): Result<CopyPlace> => {
  if (!isWhole(workspace) || !isWhole(copy)) return outside();
  const real = { workspace: realPlace(workspace), copy: join(realPlace(dirname(copy)), basename(copy)) };
  return holds(real.workspace, real.copy) || holds(real.copy, real.workspace) ? outside() : ok(real);
};

const programsId = ({ isRoot }: CopyMeans): number | undefined => (isRoot ? SPARE_ID : process.geteuid?.());

/** Gives what is held open to the id under which programs run. */
export const giveToPrograms = (fd: number, { isRoot }: CopyMeans): void => {
  if (isRoot) fchownSync(fd, SPARE_ID, SPARE_ID);
};

/** Whether a folder whose manifest was lost still looks like a copy: its programs' own, and nobody else's. */
const looksLikeOne = (folder: number, means: CopyMeans): boolean => {
  const { mode, uid } = fstatSync(folder);
  return uid === programsId(means) && (mode & 0o777) === OWNER_FOLDER;
};

const idOf = (folder: number): string => {
  const { dev, ino } = fstatSync(folder, { bigint: true });
  return `${String(dev)}:${String(ino)}`;
};

const known = (copy: string, folder: number, means: CopyMeans): Result<HeldCopy> => {
  if (!hasManifest(copy) && !looksLikeOne(folder, means)) return outside();
  const id = idOf(folder);
  const manifest = readManifest(copy, means);
  const isKnown = manifest.folder === id;
  return ok({ folder, isKnown, manifest: isKnown ? manifest : { ...NOTHING_KNOWN, folder: id } });
};

/** The folder with what is known of it; closed again where it is no copy. */
const held = (folder: number, look: () => Result<HeldCopy>): Result<HeldCopy> => {
  let found: Result<HeldCopy> | null = null;
  try {
    found = look();
    return found;
  } finally {
    if (found?.ok !== true) closeSync(folder);
  }
};

const openThere = (copy: string, rights: number, { ground }: CopyMeans): Result<number | null> => {
  // What is not known as a copy is not unlocked either.
  const open = (): number => (hasManifest(copy) ? openOwnFolder(copy, rights, ground) : openFolder(copy, ground));
  try {
    return ok(unless(NOTHING, open));
  } catch (thrown) {
    if ([...NO_FOLDER, ...CLOSED].includes(codeOf(thrown))) return outside();
    throw thrown;
  }
};

/** Holds a copy that is there; null where there is none. PATH_OUTSIDE_WORKSPACE for a folder that is no copy. */
export const holdCopy = (copy: string, means: CopyMeans): Result<HeldCopy | null> => {
  const there = openThere(copy, LOOK, means);
  if (!there.ok) return there;
  const folder = there.value;
  return folder === null ? ok(null) : held(folder, () => known(copy, folder, means));
};

/** Holds a copy, made where there is none. `announce` leaves a manifest before the folder is there: no copy is ever unknown. */
export const holdOrMakeCopy = async (
  copy: string,
  means: CopyMeans,
  announce: () => Promise<void>,
): Promise<Result<HeldCopy>> => {
  const there = openThere(copy, CHANGE, means);
  if (!there.ok) return there;
  if (there.value === null) {
    mkdirSync(dirname(copy), { recursive: true, mode: OWNER_FOLDER });
    await announce();
    mkdirSync(copy, { mode: OWNER_FOLDER });
  }
  const folder = there.value ?? openFolder(copy, means.ground);
  return held(folder, () => {
    if (there.value === null) giveToPrograms(folder, means);
    const found = known(copy, folder, means);
    // A program may have opened its folder to others.
    if (found.ok) fchmodSync(folder, OWNER_FOLDER);
    return found;
  });
};

/** Holds the workspace; null where there is none yet. */
export const holdWorkspace = (workspace: string, { ground }: CopyMeans): Result<number | null> => {
  try {
    return ok(unless(NOTHING, () => openFolder(workspace, ground)));
  } catch (thrown) {
    if (NO_FOLDER.includes(codeOf(thrown))) return outside();
    throw thrown;
  }
};
