import { constants } from "node:fs";
import { lstat, open, rename, rm, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { usualHolder } from "./hold-folder.ts";
import type { HeldFolder, Holder } from "./hold-folder.ts";
import type { Located } from "./locate.ts";
import { codeOf, errorOf, openInside } from "./open-inside.ts";
import { readWhole } from "./read-whole.ts";
import { unfinishedName } from "./unfinished-name.ts";

/** As much as a tool may leave in one file, and as much as is kept of what stood there. */
export const MOST_BYTES = 10 * 1024 * 1024;

const PERMISSIONS = 0o777;
const OWNER_ONLY = 0o600;
const NEW_FILE =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What stands at a place: its content, who may do what with it, and which file it is. */
export interface Present {
  readonly content: Buffer;
  readonly mode: number;
  readonly file: string;
}

const fileOf = ({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string => `${dev}:${ino}`;

const changedMeanwhile = (): Result<never> => err(moltbotError("CONFLICT", { kind: "file" }));

/** What stands behind an open file; FILE_TOO_LARGE beyond ten megabytes. */
export const presentIn = async (handle: FileHandle): Promise<Result<Present>> => {
  const content = await readWhole(handle, MOST_BYTES);
  if (!content.ok) return content;
  const stat = await handle.stat({ bigint: true });
  return ok({ content: content.value, mode: Number(stat.mode) & PERMISSIONS, file: fileOf(stat) });
};

/** What stands there now; null for nothing, or a folder. FILE_TOO_LARGE beyond ten megabytes. */
export const readPresent = async (located: Located): Promise<Result<Present | null>> => {
  const read = await openInside(located, "read", presentIn);
  return !read.ok && read.error.code === "FILE_NOT_FOUND" ? ok(null) : read;
};

/** Whether the very file that was read stands there still, in the very folder, under this one name. */
const stands = async (folder: HeldFolder, name: string, { file }: Present): Promise<boolean> => {
  const found = await lstat(folder.at(name), { bigint: true }).catch(() => null);
  return found !== null && found.isFile() && found.nlink === 1n && fileOf(found) === file && (await folder.isThere());
};

const writeNew = async (path: string, content: Uint8Array, mode: number): Promise<void> => {
  const handle = await open(path, NEW_FILE, OWNER_ONLY);
  try {
    await handle.writeFile(content);
    await handle.chmod(mode);
    await handle.sync();
  } catch (thrown) {
    await unlink(path).catch(() => undefined);
    throw thrown;
  } finally {
    await handle.close();
  }
};

const holding = async (
  located: Located,
  make: boolean,
  hold: Holder,
  use: (folder: HeldFolder, name: string) => Promise<Result<void>>,
): Promise<Result<void>> => {
  let folder: HeldFolder | null = null;
  try {
    folder = await hold(located, make);
    if (!(await folder.isThere())) return err(moltbotError("PATH_OUTSIDE_WORKSPACE"));
    const used = await use(folder, located.parts.at(-1) ?? "");
    if (used.ok) await folder.sync();
    return used;
  } catch (thrown) {
    return codeOf(thrown) === "EEXIST" ? changedMeanwhile() : err(errorOf(thrown));
  } finally {
    await folder?.close();
  }
};

/** Makes a file where there is none, with the folders above it; CONFLICT where anything stands, a link or a folder too. */
export const makeFile = (
  located: Located,
  content: Uint8Array,
  mode: number = OWNER_ONLY,
  hold: Holder = usualHolder,
): Promise<Result<void>> =>
  holding(located, true, hold, async (folder, name) => {
    await writeNew(folder.at(name), content, mode);
    return done;
  });

/**
 * Puts new content in the place of a file that was read, as a whole or not at all; its mode stays. CONFLICT where another file
 * stands there by now. `mark` makes the name of the unfinished one, which a crash may leave.
 */
export const replaceFile = (
  located: Located,
  present: Present,
  content: Uint8Array,
  mark: string,
  hold: Holder = usualHolder,
): Promise<Result<void>> =>
  holding(located, false, hold, async (folder, name) => {
    const unfinished = folder.at(unfinishedName(mark));
    await rm(unfinished, { force: true });
    await writeNew(unfinished, content, present.mode);
    if (!(await stands(folder, name, present))) {
      await unlink(unfinished);
      return changedMeanwhile();
    }
    await rename(unfinished, folder.at(name));
    return done;
  });

/** Removes a file that was read; CONFLICT where another stands there by now. */
export const removeFile = (located: Located, present: Present, hold: Holder = usualHolder): Promise<Result<void>> =>
  holding(located, false, hold, async (folder, name) => {
    if (!(await stands(folder, name, present))) return changedMeanwhile();
    await unlink(folder.at(name));
    return done;
  });
