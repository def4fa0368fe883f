import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { newId } from "../crypto/index.ts";

/** The few things that the vault does to its disk; tests hand in one that fails. Each rejects or throws on an I/O error. */
export interface VaultDisk {
  /** Replaces the file as a whole: after a crash it holds the old text or the new one. Mode 0600. */
  replace(path: string, text: string): Promise<void>;
  /** Makes a folder that only this user may enter, with its parents. */
  makeFolder(path: string): Promise<void>;
  /** Opens a file for appending; made with mode 0600 if it is missing. */
  appendTo(path: string): AppendFile;
}

/** A file that grows; synchronous, because a key must be durable before the very next statement uses it. */
export interface AppendFile {
  readAll(): Uint8Array;
  /** Writes all bytes at the end and returns when they survive a power cut. */
  append(bytes: Uint8Array): void;
  truncate(size: number): void;
  close(): void;
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

const replace: VaultDisk["replace"] = async (path, text) => {
  const temporary = join(dirname(path), `.${basename(path)}.${newId()}`);
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
};

/** The real disk. */
export const realDisk: VaultDisk = Object.freeze<VaultDisk>({
  replace,
  makeFolder: async (path) => {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await syncFolder(dirname(path));
  },
  appendTo: (path) => {
    const descriptor = openSync(path, "a+", 0o600);
    fsyncSync(descriptor);
    return {
      readAll: () => readFileSync(path),
      append: (bytes) => {
        for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
        fsyncSync(descriptor);
      },
      truncate: (size) => {
        ftruncateSync(descriptor, size);
        fsyncSync(descriptor);
      },
      close: () => closeSync(descriptor),
    };
  },
});

/** The short name that the system gives to what went wrong, such as ENOSPC. */
export const faultName = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
