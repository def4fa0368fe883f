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

/** The kernel counts processor time in hundredths of a second, on every machine. */
const TICK_MS = 10;
/** Of the numbers after the name and the state (proc(5), `stat`): time of its own, and of the kernel on its behalf. */
const [USER, KERNEL] = [10, 11];

/** Processor time of a process's first thread, in milliseconds; 0 where it is gone. Threat: its name, which it chooses, stands in brackets before the numbers. */
const firstThreadMs = (pid: number): number => {
  const stat = textOf(`/proc/${String(pid)}/task/${String(pid)}/stat`);
  const numbers = stat === null ? [] : stat.slice(stat.lastIndexOf(")") + 4).split(" ");
  return TICK_MS * (Number(numbers[USER] ?? 0) + Number(numbers[KERNEL] ?? 0));
};

/**
 * Processor time of a process and of all that it and its children started and that are there now, of the first thread of each, in
 * milliseconds: others collect rubbish and compile, for nobody in particular.
 */
export const computedMsOfAll = (pid: number): number => {
  let sum = 0;
  for (let todo: readonly number[] = [pid]; todo.length > 0; todo = todo.flatMap(childrenOf))
    sum += todo.map(firstThreadMs).reduce((all, one) => all + one, 0);
  return sum;
};

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
