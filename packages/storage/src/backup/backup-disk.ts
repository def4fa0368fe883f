import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../audit/index.ts";

/** A file that is being written from its beginning. */
export interface GrowingFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Returns when everything written survives a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The few things that a backup does to a disk; tests hand in one that fails. Each rejects on an I/O error. */
export interface BackupDisk {
  /** A new file of mode 0600; rejects when there is one. */
  create(path: string): Promise<GrowingFile>;
  /** Moves it into place, durably. */
  place(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** The real disk. */
export const realBackupDisk: BackupDisk = Object.freeze<BackupDisk>({
  create: async (path) => {
    const handle = await open(path, "wx", 0o600);
    return {
      write: async (bytes) => {
        for (let written = 0; written < bytes.length;) written += (await handle.write(bytes, written)).bytesWritten;
      },
      sync: async () => handle.sync(),
      close: async () => handle.close(),
    };
  },
  place: async (from, to) => {
    await rename(from, to);
    await syncFolder(dirname(to));
  },
  remove: async (path) => rm(path, { force: true }),
});

/** The short name that the system gives to what went wrong, such as ENOSPC; null for what no system said. */
export const faultName = (error: unknown): string | null =>
  error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code)
    ? error.code
    : null;
