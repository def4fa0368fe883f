import type { Result } from "@moltbot/contracts";

/** What a program behind the wall may use at most; it ends when it passes one. */
export interface WallLimits {
  /** Hard, by the clock of the gateway. */
  readonly wallSeconds: number;
  /** Hard, by the kernel (RLIMIT_CPU), of each process. */
  readonly cpuSeconds: number;
  /** Hard, by the kernel (RLIMIT_NPROC), threads included. */
  readonly processes: number;
  /** Hard, by the kernel (RLIMIT_NOFILE), of each process. */
  readonly openFiles: number;
  /** Hard, by the kernel (RLIMIT_FSIZE), of each file. */
  readonly fileBytes: number;
  /** Hard, by the gateway: of standard output and error together. */
  readonly outputBytes: number;
  /**
   * Resident bytes of all its processes together, looked at ten times a second: what is taken and given back between two looks is
   * not seen. Hard (RLIMIT_DATA) for each process at `memoryBytes` and what a runtime reserves without using it.
   */
  readonly memoryBytes: number;
  /** Hard, by the kernel: of /tmp, which lies in memory and goes with the program. */
  readonly temporaryBytes: number;
}

/** One program to run behind the wall. */
export interface WallJob {
  /** The program, by its absolute path inside or by a name in /usr/bin, then its arguments; no shell reads them. */
  readonly argv: readonly string[];
  /** Absolute path of the one folder that it may change; inside it is /workspace. */
  readonly workspace: string;
  /** Where it begins, relative to the workspace. */
  readonly cwd?: string;
  /** Beside PATH, HOME, LANG and TMPDIR of our own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
  readonly limits: WallLimits;
}

/** What ended it, where it did not end by itself. */
export type WallStop = "time" | "memory" | "output" | "stopped";

export interface WallOutcome {
  /** The program's own exit code, or 128 and the signal that ended it (POSIX shells' way); null where we ended it. */
  readonly exitCode: number | null;
  readonly stop: WallStop | null;
  readonly output: Uint8Array;
  readonly errors: Uint8Array;
  readonly milliseconds: number;
}

export type RunBehindWall = (job: WallJob, signal: AbortSignal) => Promise<Result<WallOutcome>>;
