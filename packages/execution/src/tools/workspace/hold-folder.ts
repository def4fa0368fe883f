import { constants } from "node:fs";
import { lstat, mkdir, open, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Located } from "./locate.ts";
import { codeOf } from "./open-inside.ts";

/** The folder of a located file, the same one for as long as it is held. */
export interface HeldFolder {
  /** A path to what has this name there, on which nobody swaps the folder. */
  at(name: string): string;
  /** Whether it still stands where it was located. */
  isThere(): Promise<boolean>;
  /** Makes the names in it durable, as far as the system can. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** How a folder is held; `make` makes the missing ones, for their owner alone. Throws what the operating system says. */
export type Holder = (located: Located, make: boolean) => Promise<HeldFolder>;

const FOLDER = constants.O_RDONLY | (constants.O_DIRECTORY ?? 0) | (constants.O_NOFOLLOW ?? 0);
const OWNER_FOLDER = 0o700;

const ignoring = async (code: string, work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (thrown) {
    if (codeOf(thrown) !== code) throw thrown;
  }
};

/** Every folder is opened relative to the one before it, and none through a link. */
export const holdByDescriptors: Holder = async ({ root, parts }, make) => {
  let folder = await open(root, FOLDER);
  try {
    for (const part of parts.slice(0, -1)) {
      const path = `/proc/self/fd/${folder.fd}/${part}`;
      if (make) await ignoring("EEXIST", mkdir(path, { mode: OWNER_FOLDER }));
      const next = await open(path, FOLDER);
      await folder.close();
      folder = next;
    }
  } catch (thrown) {
    await folder.close();
    throw thrown;
  }
  const held = `/proc/self/fd/${folder.fd}`;
  return {
    at: (name) => `${held}/${name}`,
    isThere: async () => (await realpath(held).catch(() => "")) === join(root, ...parts.slice(0, -1)),
    sync: () => folder.sync(),
    close: () => folder.close(),
  };
};

/** By its whole path, looked at part by part; who swaps a folder between the look and the change is found only before it. */
export const holdByPath: Holder = async ({ root, parts }, make) => {
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    folder = join(folder, part);
    if (make) await ignoring("EEXIST", mkdir(folder, { mode: OWNER_FOLDER }));
    const found = await lstat(folder);
    if (!found.isDirectory()) throw Object.assign(new Error("it is no folder"), { code: "ENOTDIR" });
  }
  return {
    at: (name) => join(folder, name),
    isThere: async () => (await realpath(folder).catch(() => "")).toLowerCase() === folder.toLowerCase(),
    sync: async () => undefined,
    close: async () => undefined,
  };
};

export const usualHolder: Holder = process.platform === "linux" ? holdByDescriptors : holdByPath;
