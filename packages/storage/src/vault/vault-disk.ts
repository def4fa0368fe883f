import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { newId } from "../crypto/index.ts";

/** The few things that the vault does to its disk; tests hand in one that fails. Each rejects or throws on an I/O error. */
export interface VaultDisk {
  /** Replaces the file as a whole: after a crash it holds the old text or the new one. Mode 0600. */
  replace(path: string, text: string): Promise<void>;
  /**
   * The same at once, and what the old file held is overwritten with zeros before it is let go. A file system that copies on
   * write, or a disk that moves its blocks, keeps the old bytes all the same: what counts is that the keys in them are wrapped.
   */
  supersede(path: string, text: string): void;
  /** Overwrites and removes what a crash in the midst of `supersede` left of this file. */
  clean(path: string): void;
  /** Overwrites a file with zeros and removes it; nothing where there is none. */
  destroy(path: string): void;
  /** Makes a folder that only this user may enter, with its parents. */
  makeFolder(path: string): Promise<void>;
  /** Opens a file for appending; made with mode 0600 if it is missing. */
  appendTo(path: string): AppendFile;
}

/** A file that grows; synchronous, because a key must be durable before the very next statement uses it. */
export interface AppendFile {
  readAll(): Uint8Array;
  /** How long it is now, whoever wrote to it; -1 when another file has taken its name. */
  size(): number;
  /** Writes all bytes at the end and returns when they survive a power cut. */
  append(bytes: Uint8Array): void;
  truncate(size: number): void;
  close(): void;
}

/** What the disk is made of, one step at a time: a test lets each of them be the last. */
export interface DiskSteps {
  readonly open: typeof openSync;
  readonly write: (descriptor: number, bytes: Uint8Array, offset: number, length: number, position: number) => number;
  readonly append: (descriptor: number, bytes: Uint8Array, offset: number) => number;
  readonly sync: typeof fsyncSync;
  readonly syncData: typeof fdatasyncSync;
  readonly truncate: typeof ftruncateSync;
  readonly close: typeof closeSync;
  readonly rename: typeof renameSync;
  readonly link: typeof linkSync;
  readonly remove: (path: string) => void;
}

export const REAL_STEPS: DiskSteps = Object.freeze<DiskSteps>({
  open: openSync,
  write: (descriptor, bytes, offset, length, position) => writeSync(descriptor, bytes, offset, length, position),
  append: (descriptor, bytes, offset) => writeSync(descriptor, bytes, offset),
  sync: fsyncSync,
  syncData: fdatasyncSync,
  truncate: ftruncateSync,
  close: closeSync,
  rename: renameSync,
  link: linkSync,
  remove: (path) => rmSync(path, { force: true }),
});

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
};

const ZEROS = new Uint8Array(65_536);
const TEMPORARY = "new";
const SUPERSEDED = "old";

/** A disk over these steps. */
export const diskOver = (steps: DiskSteps): VaultDisk => {
  const within = <T>(path: string, flags: string, use: (descriptor: number) => T): T => {
    const descriptor = steps.open(path, flags, 0o600);
    try {
      return use(descriptor);
    } finally {
      steps.close(descriptor);
    }
  };
  const syncFolder = (path: string): void => {
    if (process.platform === "win32") return; // folders cannot be opened there; NTFS journals the entry itself
    within(path, "r", steps.sync);
  };
  const appendAll = (descriptor: number, bytes: Uint8Array): void => {
    for (let written = 0; written < bytes.length;) written += steps.append(descriptor, bytes, written);
  };
  const hidden = (path: string, kind: string): string => join(dirname(path), `.${basename(path)}.${newId()}.${kind}`);

  const destroy = (path: string): void => {
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return;
    within(path, "r+", (descriptor) => {
      for (let place = 0; place < size;)
        place += steps.write(descriptor, ZEROS, 0, Math.min(ZEROS.length, size - place), place);
      steps.sync(descriptor);
    });
    steps.remove(path);
  };

  const replaceNow = (path: string, text: string): void => {
    const temporary = hidden(path, TEMPORARY);
    try {
      within(temporary, "wx", (descriptor) => {
        appendAll(descriptor, Buffer.from(text, "utf8"));
        steps.sync(descriptor);
      });
      steps.rename(temporary, path);
    } catch (error) {
      steps.remove(temporary);
      throw error;
    }
    syncFolder(dirname(path));
  };

  const clean = (path: string): void => {
    const folder = dirname(path);
    const names = statSync(folder, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(folder);
    for (const name of names) {
      if (!name.startsWith(`.${basename(path)}.`)) continue;
      const left = join(folder, name);
      // Before the new file took its name, the old one has both: it is the one in use.
      if (name.endsWith(`.${SUPERSEDED}`) && isSame(left, path)) steps.remove(left);
      else if (name.endsWith(`.${SUPERSEDED}`) || name.endsWith(`.${TEMPORARY}`)) destroy(left);
    }
  };

  return Object.freeze<VaultDisk>({
    replace: async (path, text) => replaceNow(path, text),
    clean,
    destroy,
    supersede: (path, text) => {
      const old = hidden(path, SUPERSEDED);
      // A second name keeps the old file within reach after the first is taken from it.
      if (statSync(path, { throwIfNoEntry: false }) !== undefined) steps.link(path, old);
      try {
        replaceNow(path, text);
      } catch (error) {
        steps.remove(old);
        throw error;
      }
      destroy(old);
    },
    makeFolder: async (path) => {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      syncFolder(dirname(path));
    },
    appendTo: (path) => {
      const descriptor = steps.open(path, "a+", 0o600);
      steps.sync(descriptor);
      return {
        readAll: () => readFileSync(path),
        size: () => {
          const { nlink, size } = fstatSync(descriptor);
          return nlink === 0 ? -1 : size;
        },
        append: (bytes) => {
          appendAll(descriptor, bytes);
          steps.syncData(descriptor);
        },
        truncate: (size) => {
          steps.truncate(descriptor, size);
          steps.sync(descriptor);
        },
        close: () => steps.close(descriptor),
      };
    },
  });
};

/** The real disk. */
export const realDisk: VaultDisk = diskOver(REAL_STEPS);

/** What is thrown where a file that this process alone writes to is not as long as it left it. */
export const writtenByAnother = (): Error =>
  Object.assign(new Error("another process wrote to the file"), { code: "ESTALE" });

/** The short name that the system gives to what went wrong, such as ENOSPC. */
export const faultName = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
