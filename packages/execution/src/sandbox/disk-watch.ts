import { statfs } from "node:fs/promises";
import { lookAgain } from "./look-again.ts";

/** Bytes and files that a file system still takes. */
export interface DiskRoom {
  readonly bytes: number;
  readonly files: number;
}

/** At less than this nobody's database can be written any more. */
const LEAST: DiskRoom = { bytes: 256 * 1024 * 1024, files: 10_000 };
/** An empty file takes none of the bytes, and a file system has only so many. */
const BYTES_PER_FILE = 4_096;

/** What the file system of a path still takes; null where it does not say. */
export const readDiskRoom = async (path: string): Promise<DiskRoom | null> => {
  try {
    const { bsize, bavail, files, ffree } = await statfs(path);
    // Some file systems count no files.
    return { bytes: bavail * bsize, files: files === 0 ? Number.POSITIVE_INFINITY : ffree };
  } catch {
    return null; // the folder went: there is nothing to watch
  }
};

/**
 * Looks every `everyMs` how much room a folder's file system has, and calls `onExceeded` once when `limit` bytes (or as many files
 * as fit there) have gone since the first look, or hardly any are left. Whose they are cannot be told: what was deleted while it is
 * open is in no folder. Returns the function that ends the watch.
 */
export const watchDisk = (
  path: string,
  limit: number,
  onExceeded: () => void,
  everyMs = 100,
  read: (path: string) => Promise<DiskRoom | null> = readDiskRoom,
): (() => void) => {
  let over = false;
  let first: DiskRoom | null = null;
  const look = async (): Promise<void> => {
    const now = await read(path);
    if (now === null || over) return;
    first ??= now;
    const gone =
      first.bytes - now.bytes > limit || first.files - now.files > Math.max(LEAST.files, limit / BYTES_PER_FILE);
    if (!gone && now.bytes >= LEAST.bytes && now.files >= LEAST.files) return;
    over = true;
    end();
    onExceeded();
  };
  const end = lookAgain(everyMs, look);
  void look();
  return () => {
    over = true;
    end();
  };
};
