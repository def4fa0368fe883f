import { closeSync, openSync, readFileSync, readdirSync } from "node:fs";

/** O_CLOEXEC, as /proc/self/fdinfo shows it. */
const CLOSES = 0o2_000_000;

const closes = (descriptor: string): boolean => {
  try {
    const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    return (Number.parseInt(flags ?? "0", 8) & CLOSES) !== 0;
  } catch {
    return true; // it was ours for reading the list, and is closed already
  }
};

/**
 * The descriptors that whatever is started next would inherit, from one on: those that whoever started the gateway left open, as
 * terminals in editors do. Node closes the low ones and stops at the first gap.
 */
export const handedOn = (from: number): readonly number[] => {
  try {
    return readdirSync("/proc/self/fd")
      .filter((name) => Number(name) >= from && !closes(name))
      .map(Number);
  } catch {
    return []; // no /proc, and so no wall
  }
};

/** What a child is to have in the place of these descriptors, the first of which is `from`: nothing to read, and nowhere to write. */
export const withNothingAt = <Started>(
  descriptors: readonly number[],
  from: number,
  begin: (more: readonly (number | "ignore")[]) => Started,
): Started => {
  if (descriptors.length === 0) return begin([]);
  const nothing = openSync("/dev/null", "r+");
  const covered = new Set(descriptors);
  try {
    return begin(
      Array.from({ length: Math.max(...descriptors) - from + 1 }, (_, at) =>
        covered.has(from + at) ? nothing : "ignore",
      ),
    );
  } finally {
    closeSync(nothing);
  }
};
