import type { WallLimits } from "../wall/wall-job.ts";
import { PROGRAM_SECONDS } from "./programs.ts";

const [KIBIBYTE, MEBIBYTE, GIBIBYTE] = [1024, 1024 ** 2, 1024 ** 3];

/** What fits real work: the tests of a project, its installation, a compiler. */
const USUAL: Omit<WallLimits, "wallSeconds" | "cpuSeconds"> = {
  // A runtime has a dozen threads, and a test runner starts one for each core.
  processes: 512,
  openFiles: 4_096,
  fileBytes: GIBIBYTE,
  outputBytes: 64 * MEBIBYTE,
  keptBytes: 256 * KIBIBYTE,
  memoryBytes: 2 * GIBIBYTE,
  temporaryBytes: 256 * MEBIBYTE,
  diskBytes: 4 * GIBIBYTE,
};
/** As many cores as one process can keep busy. */
const CORES = 4;

const within = (seconds: number, most: number): number => Math.min(Math.max(1, Math.ceil(seconds)), most);

/** Limits of a program that somebody waits for: `seconds`, at most ten minutes. */
export const limitsOf = (seconds: number): WallLimits => {
  const wallSeconds = within(seconds, PROGRAM_SECONDS.most);
  return { ...USUAL, wallSeconds, cpuSeconds: wallSeconds * CORES };
};

/** Limits of a program in the background: at most four hours, all that it writes in them, and the newest of it between two looks. */
export const backgroundLimitsOf = (seconds: number): WallLimits => {
  const wallSeconds = within(seconds, PROGRAM_SECONDS.background);
  return {
    ...USUAL,
    wallSeconds,
    cpuSeconds: wallSeconds * CORES,
    outputBytes: 16 * GIBIBYTE,
    keptBytes: MEBIBYTE,
    // Where the gateway is root all programs count together, and these go on for hours: three quarters are left to others.
    processes: 128,
  };
};
