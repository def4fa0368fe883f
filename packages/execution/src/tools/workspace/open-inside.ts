import { constants } from "node:fs";
import { lstat, open, realpath } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join, sep } from "node:path";
import { err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { Located } from "./locate.ts";

export type Purpose = "read" | "append" | "create";

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
// Windows knows none of the last three; there the comparison after opening stands alone.
const CAREFUL = (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
const FLAGS: Readonly<Record<Purpose, number>> = {
  read: O_RDONLY | CAREFUL,
  append: O_RDWR | O_APPEND | CAREFUL,
  create: O_RDWR | O_APPEND | O_CREAT | O_EXCL | CAREFUL,
};
const OWNER_ONLY = 0o600;

/** How a file is opened below a folder; Linux can go part by part through descriptors, so that nobody swaps a folder on the way. */
export type Opener = (located: Located, purpose: Purpose) => Promise<FileHandle>;

/** Every part is opened relative to the folder before it, which stays open meanwhile. */
export const openByDescriptors: Opener = async ({ root, parts }, purpose) => {
  let folder = await open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    for (const part of parts.slice(0, -1)) {
      const next = await open(`/proc/self/fd/${folder.fd}/${part}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      await folder.close();
      folder = next;
    }
    return await open(`/proc/self/fd/${folder.fd}/${parts.at(-1)}`, FLAGS[purpose], OWNER_ONLY);
  } finally {
    await folder.close();
  }
};

/** By its whole path; the comparison after opening finds a swapped folder. */
export const openByPath: Opener = ({ root, parts }, purpose) => open(join(root, ...parts), FLAGS[purpose], OWNER_ONLY);

const usualOpener = process.platform === "linux" ? openByDescriptors : openByPath;

/** Whether the open file is a plain one that stands at this very place and has no second name elsewhere. */
const isTheFile = async (handle: FileHandle, { root, parts }: Located): Promise<boolean> => {
  const path = join(root, ...parts);
  const [opened, named, real] = await Promise.all([
    handle.stat({ bigint: true }),
    lstat(path, { bigint: true }),
    realpath(path),
  ]);
  return (
    opened.isFile() &&
    opened.nlink === 1n &&
    opened.dev === named.dev &&
    opened.ino === named.ino &&
    real.toLowerCase() === `${root}${sep}${parts.join(sep)}`.toLowerCase()
  );
};

export const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";

/** What the operating system's refusal means; never in its own words, which hold paths. */
export const errorOf = (thrown: unknown) => {
  switch (codeOf(thrown)) {
    case "ENOENT":
    case "EISDIR":
      return moltbotError("FILE_NOT_FOUND");
    // A link, a file where a folder was, a device without a reader: something stands there that was not there before.
    case "ELOOP":
    case "ENOTDIR":
    case "ENXIO":
      return moltbotError("PATH_OUTSIDE_WORKSPACE");
    default:
      return moltbotError("TOOL_FAILED", {
        tool: "file",
        problem: "the operating system does not let it use the file",
      });
  }
};

/** Opens a located file and hands it to `use`, or nothing; refuses whatever was swapped in after it was located. */
export const openInside = async <T>(
  located: Located,
  purpose: Purpose,
  use: (handle: FileHandle) => Promise<Result<T>>,
  opener: Opener = usualOpener,
): Promise<Result<T>> => {
  let handle: FileHandle;
  try {
    handle = await opener(located, purpose);
  } catch (thrown) {
    return err(errorOf(thrown));
  }
  try {
    if ((await handle.stat()).isDirectory()) return err(moltbotError("FILE_NOT_FOUND"));
    if (!(await isTheFile(handle, located))) return err(moltbotError("PATH_OUTSIDE_WORKSPACE"));
    return await use(handle);
  } catch (thrown) {
    return err(errorOf(thrown));
  } finally {
    await handle.close();
  }
};

/** Opens for adding, making the file when there is none; `created` says which. Of two that make it at once, one adds to the other's. */
export const openForAppend = async <T>(
  located: Located,
  use: (handle: FileHandle, created: boolean) => Promise<Result<T>>,
  opener: Opener = usualOpener,
): Promise<Result<T>> => {
  let created = false;
  const presentOrNew: Opener = async (where) => {
    try {
      return await opener(where, "append");
    } catch (thrown) {
      if (codeOf(thrown) !== "ENOENT") throw thrown;
    }
    try {
      const handle = await opener(where, "create");
      created = true;
      return handle;
    } catch (thrown) {
      if (codeOf(thrown) !== "EEXIST") throw thrown;
      return opener(where, "append");
    }
  };
  return openInside(located, "append", (handle) => use(handle, created), presentOrNew);
};
