import { readFileSync, readdirSync } from "node:fs";
import { sep } from "node:path";

const wordsOf = (pid: number): readonly string[] => {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").split("\0");
  } catch {
    return []; // it ended meanwhile
  }
};

/** Whether it is a wall around a program that works on one of these copies. */
const holdsCopy = (words: readonly string[], copies: string): boolean =>
  words[0]?.endsWith("/bwrap") === true &&
  words.some((word, at) => word === "--bind" && words[at + 1]?.startsWith(copies + sep) === true);

/**
 * Ends walls that a gateway of these copies left behind: bubblewrap asks to end with whoever started it a moment after it began, and
 * a gateway that was killed within that moment is not heard of. To be called before anything begins on these copies, by whoever alone may
 * use them; gives how many there were. Elsewhere than on Linux there are none.
 */
export const endLeftBehind = (copies: string): number => {
  if (process.platform !== "linux") return 0;
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const left = pids.filter((pid) => holdsCopy(wordsOf(pid), copies));
  for (const pid of left) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // ESRCH: it ended meanwhile. EPERM: it is nobody's of ours, whatever its words say.
    }
  }
  return left.length;
};
