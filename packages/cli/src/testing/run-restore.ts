import type { Restore } from "../commands/backup.ts";
import { run } from "./run.ts";

/** Runs a command that restores, with a restore of the test's own. */
export const runWith = (argv: readonly string[], restore: Restore) =>
  run(argv, {}, {}, () => Promise.reject(new Error("this test attacks nothing")), restore);
