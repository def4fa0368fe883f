import { readFileSync, readdirSync } from "node:fs";

/** A worker's own program as it is called behind the wall: built or as source. */
const WORKER = "/moltbot/plugin/worker.";

const wordsOf = (pid: number): readonly string[] => readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").split("\0");
const parentOf = (pid: number): number =>
  Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1] ?? 0);

const isBelow = (ancestor: number, pid: number): boolean => {
  for (let at = pid; at > 1; at = parentOf(at)) if (at === ancestor) return true;
  return false;
};
/** The wall names the worker too, among what it shows to it. */
const isWorker = (words: readonly string[]): boolean =>
  words[0]?.endsWith("bwrap") === false && words.some((word) => word.startsWith(WORKER));

/** Ids of the processes that run plugins below this one, as the kernel tells them. */
export const pluginWorkers = (): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return isWorker(wordsOf(pid)) && isBelow(process.pid, pid);
      } catch {
        return false; // it has ended, or is somebody else's
      }
    });
