import type { WallJob } from "../wall-job.ts";

/** A job with limits that a few small programs keep to, for ten seconds. */
export const smallJob = (workspace: string, argv: readonly string[] = ["/bin/true"]): WallJob => ({
  argv,
  workspace,
  limits: {
    wallSeconds: 10,
    cpuSeconds: 10,
    processes: 1_024,
    openFiles: 64,
    fileBytes: 1_000_000,
    outputBytes: 1_000_000,
    memoryBytes: 100_000_000,
    temporaryBytes: 1_000_000,
    diskBytes: 1_000_000_000,
  },
});
