import { closeSync, constants, fstatSync, openSync, read, readSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { promisify } from "node:util";
import { CLOSED, codeOf, unless, unlock, within } from "./held-folder.ts";
import type { CopyGround } from "./means.ts";

const readAsync = promisify(read);

/** Up to here the thread waits for the disk: a turn of the loop costs more. */
const SMALL = 256 * 1024;
const PIECE = 1024 * 1024;
/** A pipe without a writer is opened, and then found to be no file. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const NO_FILE: readonly string[] = ["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "ENAMETOOLONG", "EISDIR", "ENODEV"];

/** A plain file, held open. */
export interface HeldFile {
  readonly fd: number;
  readonly stat: BigIntStats;
}

const openFor = (path: string, ground: CopyGround, own: boolean): number | null => {
  const open = (): number => openSync(path, READ | ground.noFollow);
  try {
    return open();
  } catch (thrown) {
    if (NO_FILE.includes(codeOf(thrown))) return null;
    if (!CLOSED.includes(codeOf(thrown))) throw thrown;
    if (!own) return null;
    unlock(path, 0o400, ground);
    return open();
  }
};

/** Hands a plain file of a held folder to `use`; null for everything else. In a copy (`own`) its owner may always read it. */
export const withFile = async <T>(
  folder: number,
  name: string,
  ground: CopyGround,
  own: boolean,
  use: (file: HeldFile) => T | Promise<T>,
): Promise<T | null> => {
  const path = within(folder, name);
  // Before it is opened: opening alone can do something, where it is a device.
  const standing = unless(NO_FILE, () => ground.lstat(path));
  if (standing === null || !standing.isFile()) return null;
  const fd = openFor(path, ground, own);
  if (fd === null) return null;
  try {
    const stat = ground.fstat(fd);
    return stat.isFile() ? await use({ fd, stat }) : null;
  } finally {
    closeSync(fd);
  }
};

const fill = async (fd: number, into: Uint8Array, at: number): Promise<number> => {
  let filled = 0;
  while (filled < into.length) {
    const left = into.length - filled;
    const got =
      into.length <= SMALL
        ? readSync(fd, into, filled, left, at + filled)
        : (await readAsync(fd, into, filled, Math.min(left, PIECE), at + filled)).bytesRead;
    if (got === 0) break;
    filled += got;
  }
  return filled;
};

/** All of a file; null where it is longer than `most`. */
export const readAll = async ({ fd, stat }: HeldFile, most: number): Promise<Uint8Array | null> => {
  if (stat.size > most) return null;
  // One byte more than it says: whether it ends there is seen, not believed.
  const bytes = Buffer.allocUnsafe(Number(stat.size) + 1);
  const filled = await fill(fd, bytes, 0);
  if (filled < bytes.length) return bytes.subarray(0, filled);
  const now = fstatSync(fd, { bigint: true });
  return now.size === stat.size ? null : readAll({ fd, stat: now }, most);
};

/** Whether two files hold the same bytes. */
export const sameBytes = async (one: HeldFile, other: HeldFile): Promise<boolean> => {
  if (one.stat.size !== other.stat.size) return false;
  const length = Math.min(PIECE, Number(one.stat.size) + 1);
  const [a, b] = [Buffer.allocUnsafe(length), Buffer.allocUnsafe(length)];
  for (let at = 0; ; at += length) {
    const [inOne, inOther] = [await fill(one.fd, a, at), await fill(other.fd, b, at)];
    if (!a.subarray(0, inOne).equals(b.subarray(0, inOther))) return false;
    if (inOne < length) return true;
  }
};
