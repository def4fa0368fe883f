import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { open, rename } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { moltbotError } from "@moltbot/contracts";
import type { MoltbotError } from "@moltbot/contracts";

/** Replaces a file that only its owner may read: the whole new text is on the disk before the old one is gone. */
export const replaceFile = async (file: string, text: string): Promise<void> => {
  const handle = await open(`${file}.new`, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
};

/** Reports after every change of a file, and once when changes cannot be watched; returns the function that ends it. */
export const watchFile = (file: string, report: (fault: MoltbotError | null) => void): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const name = basename(file);
  const unwatched = (cause: unknown): void => {
    const problem = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    report(moltbotError("CONFIG_UNREADABLE", { file, problem: `changes cannot be watched (${problem})` }));
  };
  let watcher: FSWatcher;
  try {
    watcher = watch(dirname(file), (_event, changed) => {
      if (changed !== null && changed !== name) return;
      clearTimeout(timer);
      timer = setTimeout(() => report(null), 100);
    });
  } catch (cause) {
    // A system has only so many watches: without one the file counts at the next start, and the gateway runs.
    unwatched(cause);
    return () => undefined;
  }
  watcher.on("error", unwatched);
  watcher.unref();
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
};
