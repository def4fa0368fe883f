import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** The few things that the log does to its file; tests hand in one that fails. Each rejects on an I/O error. */
export interface LogFile {
  size(): Promise<number>;
  /** Up to `length` bytes from `position`; fewer only at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Writes all bytes at the end. */
  append(bytes: Uint8Array): Promise<void>;
  /** Returns when everything appended survives a power cut. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === "win32") return; // folders cannot be opened there; NTFS journals the entry itself
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

/** Opens or makes a file that only this user may read, in a folder that only this user may enter. */
export const openLogFile = async (path: string): Promise<LogFile> => {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const handle = await open(path, "a+", 0o600);
  await syncFolder(folder);
  return {
    size: async () => (await handle.stat()).size,
    read: async (position, length) => {
      const bytes = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    append: async (bytes) => {
      let written = 0;
      while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
    },
    sync: async () => handle.datasync(),
    truncate: async (size) => {
      await handle.truncate(size);
      await handle.sync();
    },
    close: async () => handle.close(),
  };
};
