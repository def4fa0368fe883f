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
  /** Of each of the two, how much is kept of what came: its beginning and its end. Absent: all. */
  readonly keptBytes?: number;
  /**
   * Resident bytes of all its processes together, looked at ten times a second: what is taken and given back between two looks is
   * not seen. Hard (RLIMIT_DATA) for each process at `memoryBytes` and what a runtime reserves without using it.
   */
  readonly memoryBytes: number;
  /** Hard, by the kernel: of /tmp, which lies in memory and goes with the program. */
  readonly temporaryBytes: number;
  /**
   * By how much the file system of the workspace may fill while it runs, looked at ten times a second; what others write there
   * meanwhile counts too. It ends as well where hardly anything is left.
   */
  readonly diskBytes: number;
}

/** A way out: the gate's socket on the host, and our program that leads to it what asks on loopback. */
export interface WallGate {
  /** Absolute; inside it is /moltbot/gate.sock. Programs must be allowed to open it. */
  readonly socket: string;
  /** Absolute path of the forwarder; inside it is /moltbot/forward.mjs, or .mts where it is not built. */
  readonly forwarder: string;
  /** Names and addresses that are asked without the gate: the program's own loopback. */
  readonly around: readonly string[];
}

/** One thing of the host that a program finds behind the wall, for reading alone. */
export interface WallFile {
  /** Absolute and below /moltbot. */
  readonly inside: string;
  /** Absolute path on the host. */
  readonly outside: string;
}

/** One program to run behind the wall. */
export interface WallJob {
  /** The program, by its absolute path inside or by a name in /usr/bin, then its arguments; no shell reads them. */
  readonly argv: readonly string[];
  /** Absolute path of the one folder that it may change; inside it is /workspace. Absent: /workspace is empty, and nothing can be changed. */
  readonly workspace?: string;
  /** Where it begins, relative to the workspace. */
  readonly cwd?: string;
  /** Beside PATH, HOME, LANG and TMPDIR of our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute path of the runtime; inside it is /moltbot/node, and `node` where the system has none. A gate needs it. */
  readonly node?: string;
  /** Absent: no network at all. */
  readonly gate?: WallGate;
  readonly files?: readonly WallFile[];
  readonly input?: Uint8Array;
  readonly limits: WallLimits;
}

/** What ended it, where it did not end by itself. */
export type WallStop = "time" | "memory" | "output" | "disk" | "stopped";

export interface WallOutcome {
  /** The program's own exit code, or 128 and the signal that ended it (POSIX shells' way); null where we ended it. */
  readonly exitCode: number | null;
  readonly stop: WallStop | null;
  readonly output: Uint8Array;
  readonly errors: Uint8Array;
  /** Bytes of both that were left out in their middle, where a line says so. */
  readonly dropped: number;
  readonly milliseconds: number;
}

export type RunBehindWall = (job: WallJob, signal: AbortSignal) => Promise<Result<WallOutcome>>;

/** What a program in the background has written, oldest first; reading takes it away. */
export interface WallOutput {
  readonly bytes: Uint8Array;
  /** Bytes before these that nobody read in time. */
  readonly dropped: number;
}

/** A program behind the wall that goes on while nobody waits for it. It ends with the gateway, however that ends. */
export interface WallProcess {
  /** False where it reads no more. */
  input(bytes: Uint8Array, end: boolean): boolean;
  take(): WallOutput;
  /** Null while it runs. */
  ended(): Pick<WallOutcome, "exitCode" | "stop"> | null;
  readonly whenEnded: Promise<void>;
  /** Ends it, and resolves when nothing of it is left. */
  end(): Promise<void>;
}

/** Its `outputBytes` bound what it may ever write; `keptBytes` (or as much) is kept between two looks. */
export type StartBehindWall = (job: WallJob) => Result<WallProcess>;
