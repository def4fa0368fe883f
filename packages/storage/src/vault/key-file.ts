import { open, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { randomBytes } from "../crypto/index.ts";
import { faultName } from "./vault-disk.ts";
import type { VaultDisk } from "./vault-disk.ts";

const KEY_BYTES = 32;

const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));

/** The path with every link that exists already followed. */
const realPath = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realPath(parent), basename(path));
  }
};

/** Refuses a key file that lies in the home, where a copy of the home would carry its own key. */
export const refuseInside = async (keyFile: string, home: string): Promise<Result<void>> => {
  const way = relative(await realPath(resolve(home)), await realPath(resolve(keyFile)));
  const isInside = way === "" || (way.split(/[\\/]/)[0] !== ".." && !isAbsolute(way));
  return isInside
    ? locked("the key file must lie outside the state folder, or a copy of that folder would open itself")
    : ok(undefined);
};

const isOurs = (owner: number): boolean => process.getuid === undefined || owner === process.getuid();

/** Reads the key; null when there is no file, VAULT_KEY_FILE_EXPOSED when others may read it. */
export const readKeyFile = async (path: string): Promise<Result<Uint8Array | null>> => {
  try {
    const file = await open(path, "r");
    try {
      // Asked of the open file: what is checked and what is read cannot be two files.
      const status = await file.stat();
      if (!status.isFile()) return locked("the key file is not a file");
      const isPrivate = process.platform === "win32" || ((status.mode & 0o077) === 0 && isOurs(status.uid));
      if (!isPrivate) return err(moltbotError("VAULT_KEY_FILE_EXPOSED", { file: path }));
      const text = await file.readFile("utf8");
      const key = Buffer.from(text.trimEnd(), "base64url");
      return key.length === KEY_BYTES && `${key.toString("base64url")}\n` === text
        ? ok(key)
        : err(moltbotError("VAULT_DAMAGED", { file: path }));
    } finally {
      await file.close();
    }
  } catch (error) {
    const fault = faultName(error);
    return fault === "ENOENT" ? ok(null) : locked(`the key file cannot be read (${fault})`);
  }
};

/** Makes a new random key file in a folder of its own; durable when it returns. */
export const createKeyFile = async (path: string, disk: VaultDisk): Promise<Result<Uint8Array>> => {
  const key = randomBytes(KEY_BYTES);
  try {
    await disk.makeFolder(dirname(path));
    await disk.replace(path, `${Buffer.from(key).toString("base64url")}\n`);
    return ok(key);
  } catch (error) {
    return locked(`the key file cannot be written (${faultName(error)})`);
  }
};
