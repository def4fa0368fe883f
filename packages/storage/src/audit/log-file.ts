import { mkdir, open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** A file as readers see it. */
export interface ReadableLog {
  /** Up to `length` bytes from `position`; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/** The file as it stands now: it stays readable until released, also when another takes its place. */
export interface HeldLog extends ReadableLog {
  release(): Promise<void>;
}

/** A file that is written beside the log, to take its place or to be thrown away. */
export interface Successor {
  append(bytes: Uint8Array): Promise<void>;
  /** Puts it, durably and whole, in the place of the log: after a crash either stands there. */
  takePlace(): Promise<void>;
  discard(): Promise<void>;
}

/** The few things that the log does to its file; tests hand in one that fails. Each rejects on an I/O error. */
export interface LogFile extends ReadableLog {
  size(): Promise<number>;
  /** Writes all bytes at the end. */
  append(bytes: Uint8Array): Promise<void>;
  /** Returns when everything appended survives a power cut. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  hold(): HeldLog;
  succeed(): Promise<Successor>;
  close(): Promise<void>;
}

/** Makes what was renamed or made in a folder survive a power cut. */
export const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === "win32") return; // folders cannot be opened there; NTFS journals the entry itself
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

const readFrom = async (handle: FileHandle, position: number, length: number): Promise<Uint8Array> => {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
};

const appendTo = async (handle: FileHandle, bytes: Uint8Array): Promise<void> => {
  let written = 0;
  while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
};

/** An open file that is closed when its last user lets go of it. */
const shared = (handle: FileHandle) => {
  let users = 1;
  const release = async (): Promise<void> => {
    users -= 1;
    if (users === 0) await handle.close();
  };
  const hold = (): HeldLog => {
    users += 1;
    return { read: async (position, length) => readFrom(handle, position, length), release };
  };
  return { handle, hold, release };
};

/** Opens or makes a file that only this user may read, in a folder that only this user may enter. */
export const openLogFile = async (path: string): Promise<LogFile> => {
  const folder = dirname(path);
  const beside = `${path}.new`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(beside, { force: true }); // a crash came before it took the place
  let current = shared(await open(path, "a+", 0o600));
  await syncFolder(folder);

  const succeed = async (): Promise<Successor> => {
    await rm(beside, { force: true });
    const handle = await open(beside, "ax+", 0o600);
    return {
      append: async (bytes) => appendTo(handle, bytes),
      takePlace: async () => {
        await handle.sync();
        await rename(beside, path);
        const before = current;
        current = shared(handle);
        await syncFolder(folder);
        await before.release();
      },
      discard: async () => {
        await handle.close();
        await rm(beside, { force: true });
      },
    };
  };

  return {
    size: async () => (await current.handle.stat()).size,
    read: async (position, length) => readFrom(current.handle, position, length),
    append: async (bytes) => appendTo(current.handle, bytes),
    sync: async () => current.handle.datasync(),
    truncate: async (size) => {
      await current.handle.truncate(size);
      await current.handle.sync();
    },
    hold: () => current.hold(),
    succeed,
    close: async () => current.release(),
  };
};
