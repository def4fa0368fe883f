import { readFile } from "node:fs/promises";
import { lookAgain } from "./look-again.ts";

/** Resident bytes in the text of `/proc/<pid>/status`; null when the text does not say. */
export const residentBytes = (status: string): number | null => {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  return match?.[1] === undefined ? null : Number(match[1]) * 1024;
};

/** Resident bytes of a process now; null where there is no /proc, or the process is gone. */
export const readResidentBytes = async (pid: number): Promise<number | null> => {
  try {
    return residentBytes(await readFile(`/proc/${pid}/status`, "utf8"));
  } catch {
    return null; // not Linux, or it ended meanwhile: nothing to watch
  }
};

/**
 * Looks at a process's memory every `everyMs` and calls `onExceeded` once when it is over `limit`. Native buffers are not
 * counted by V8's own heap limit, so somebody outside must look. Returns the function that ends the watch.
 */
export const watchMemory = (
  pid: number,
  limit: number,
  onExceeded: () => void,
  everyMs = 250,
  read: (pid: number) => Promise<number | null> = readResidentBytes,
): (() => void) => {
  let over = false;
  const end = lookAgain(everyMs, async () => {
    const bytes = await read(pid);
    if (bytes === null || bytes <= limit || over) return;
    over = true;
    end();
    onExceeded();
  });
  return () => {
    over = true;
    end();
  };
};
