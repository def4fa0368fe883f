import { readFileSync, readdirSync } from "node:fs";
import { residentBytes } from "../memory-watch.ts";

/** How long it reads before others have their turn: a program may have started hundreds. */
const TURN_MS = 3;

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // it ended meanwhile
  }
};

const threadsOf = (pid: number): readonly string[] => {
  try {
    return readdirSync(`/proc/${String(pid)}/task`);
  } catch {
    return []; // it ended meanwhile
  }
};

/** Processes that this one started and that are still there. */
export const childrenOf = (pid: number): readonly number[] =>
  threadsOf(pid)
    .flatMap((thread) => (textOf(`/proc/${String(pid)}/task/${thread}/children`) ?? "").split(" "))
    .filter((word) => word !== "")
    .map(Number);

/**
 * Resident bytes of a process and of all that it and its children started; null where it is gone. What is shared counts each time. The
 * kernel answers from memory, so that reading at once costs a fraction of asking others to read.
 */
export const residentBytesOfAll = async (pid: number): Promise<number | null> => {
  const first = textOf(`/proc/${String(pid)}/status`);
  if (first === null) return null;
  let sum = residentBytes(first) ?? 0;
  let [todo, began] = [childrenOf(pid), performance.now()];
  while (todo.length > 0) {
    const next: number[] = [];
    for (const one of todo) {
      sum += residentBytes(textOf(`/proc/${String(one)}/status`) ?? "") ?? 0;
      next.push(...childrenOf(one));
      if (performance.now() - began < TURN_MS) continue;
      await new Promise((resolve) => void setImmediate(resolve));
      began = performance.now();
    }
    todo = next;
  }
  return sum;
};
