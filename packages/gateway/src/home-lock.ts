import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** When a process began, as the kernel counts it: a reused pid has another. Empty where /proc does not exist. */
const startOf = (pid: number): string => {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    // No /proc on this system, or no such process: the pid alone must do.
    return "";
  }
};

const isAlive = (pid: number, start: string): boolean => {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // EPERM: it runs, as somebody else.
    if (!(cause instanceof Error && "code" in cause && cause.code === "EPERM")) return false;
  }
  const now = startOf(pid);
  return now === "" || start === "" || now === start;
};

const isTaken = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "EEXIST";

/** Puts a whole lock file in place, or nothing: a reader never finds one that is still being written. False when there is one. */
const place = (written: string, file: string): boolean => {
  try {
    linkSync(written, file);
    return true;
  } catch (cause) {
    if (isTaken(cause)) return false;
  }
  try {
    // A file system without hard links.
    copyFileSync(written, file, constants.COPYFILE_EXCL);
    return true;
  } catch (cause) {
    if (isTaken(cause)) return false;
    throw cause;
  }
};

const write = (file: string, text: string): boolean => {
  const own = `${file}.${String(process.pid)}.new`;
  writeFileSync(own, text, { mode: 0o600 });
  try {
    return place(own, file);
  } finally {
    rmSync(own, { force: true });
  }
};

const textOf = (file: string): string | null => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It was released between two looks.
    return null;
  }
};

const holderIn = (text: string): { readonly pid: number; readonly start: string } => {
  const [pid, start = ""] = text.trim().split(" ");
  return { pid: Number(pid), start };
};

/** Moves a dead process's lock away. What was moved may be the fresh lock of a gateway that came first: then it goes back. */
const clear = (file: string, stale: string): void => {
  const aside = `${file}.${String(process.pid)}.old`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another starting gateway moved it first; the next round finds that one's lock
  }
  if (textOf(aside) !== stale) place(aside, file);
  rmSync(aside, { force: true });
};

/**
 * Takes the home for this process, by the lock file in its run folder; HOME_IN_USE when a living process holds it. A lock that a dead process left is moved away
 * first; of gateways that start together over a stale lock one gets the home.
 */
export const lockHome = (file: string): Result<() => void> => {
  const own = `${String(process.pid)} ${startOf(process.pid)}\n`;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (write(file, own)) return ok(() => release(file, own));
    const found = textOf(file);
    if (found === null) continue;
    const holder = holderIn(found);
    if (Number.isInteger(holder.pid) && holder.pid > 0 && isAlive(holder.pid, holder.start)) {
      return err(moltbotError("HOME_IN_USE", { pid: holder.pid, home: dirname(dirname(file)) }));
    }
    clear(file, found);
  }
  return err(moltbotError("HOME_IN_USE", { pid: 0, home: dirname(dirname(file)) }));
};

/** Gives the home back, if it still is ours. */
const release = (file: string, own: string): void => {
  if (textOf(file) === own) rmSync(file, { force: true });
};
