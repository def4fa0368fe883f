import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { createLastWords } from "./last-words.ts";
import { createLineReader } from "./line-reader.ts";
import { watchMemory } from "./memory-watch.ts";
import { unavailable } from "./unavailable.ts";

const LINE_BYTES = 256 * 1024;
const LAST_WORDS_BYTES = 8 * 1024;
const GRACE_MS = 500;

export interface SandboxLimits {
  /** Resident memory; a process over it is killed (watched on Linux). */
  readonly memoryBytes: number;
  /** How long it may live at all. */
  readonly seconds?: number;
}

export interface SandboxStart {
  /** Absolute path of the program, then its arguments; no shell reads them. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Empty by type: what a process needs to know arrives on its standard input. */
  readonly env: Readonly<Record<string, never>>;
  readonly limits: SandboxLimits;
}

export interface SandboxProcess {
  readonly pid: number;
  /**
   * Lines the program writes on descriptor 3. Standard output is thrown away: native libraries print there what they read.
   * A line over 256 KiB kills the process.
   */
  readonly lines: AsyncIterable<string>;
  /** Writes one line to its standard input; false when it is gone. */
  write(line: string): boolean;
  /** SIGTERM, then SIGKILL half a second later, to the whole group; resolves when it has ended. */
  kill(): Promise<void>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** The end of its error output, for diagnosis in a debugger; may hold content and is never logged. */
  lastWords(): string;
}

export interface Sandbox {
  /** Starts a program with nothing but what is named here; SANDBOX_UNAVAILABLE when it cannot start. */
  start(options: SandboxStart): Result<SandboxProcess>;
}

/** Reaches the whole group, so that grandchildren end too; a process that is gone is what we wanted. */
const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // ESRCH: it has ended already
  }
};

const supervise = (child: ChildProcess, pid: number, output: Readable, limits: SandboxLimits): SandboxProcess => {
  const words = createLastWords(LAST_WORDS_BYTES);
  const kill = async (): Promise<void> => {
    signalGroup(pid, "SIGTERM");
    const escalate = setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
    await exited;
    clearTimeout(escalate);
  };
  const killNow = (): void => signalGroup(pid, "SIGKILL");
  const reader = createLineReader(LINE_BYTES, killNow);
  const stopWatch = watchMemory(pid, limits.memoryBytes, killNow);
  const deadline = limits.seconds === undefined ? null : setTimeout(killNow, limits.seconds * 1000).unref();

  output.on("data", (bytes: Uint8Array) => reader.push(bytes));
  output.on("error", () => reader.end());
  child.stderr?.on("data", (bytes: Uint8Array) => words.push(bytes));
  // A write after its end raises EPIPE here; `exited` is what tells the caller.
  child.stdin?.on("error", () => undefined);
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    // "close" and not "exit": by then every line it wrote has arrived.
    child.on("close", (code, signal) => {
      stopWatch();
      if (deadline !== null) clearTimeout(deadline);
      reader.end();
      resolve({ code, signal });
    });
  });

  return {
    pid,
    lines: reader,
    write: (line) => {
      if (child.stdin === null || !child.stdin.writable || child.exitCode !== null) return false;
      child.stdin.write(`${line}\n`);
      return true;
    },
    kill,
    exited,
    lastWords: () => words.text(),
  };
};

/** Makes the sandbox room's one door. */
export const createSandbox = (): Sandbox => ({
  start({ argv, cwd, limits }) {
    const [program, ...rest] = argv;
    if (program === undefined || !/^(\/|[A-Za-z]:[\\/])/.test(program))
      return unavailable("the program is not named by an absolute path");
    let child: ChildProcess;
    try {
      child = spawn(program, rest, {
        cwd,
        // Threat: the gateway's environment holds what its owner exported. Nothing of it passes, whatever the caller says.
        env: {},
        shell: false,
        detached: process.platform !== "win32", // a group of its own, so that one signal reaches all of it
        windowsHide: true,
        stdio: ["pipe", "ignore", "pipe", "pipe"],
      });
    } catch (cause) {
      return unavailable(cause instanceof Error ? cause.message : "unknown");
    }
    // A failed start also raises "error" later; without a listener it would end the gateway.
    child.on("error", () => undefined);
    const failed = unavailable("the program could not be started");
    // Where descriptors have run out it has not even streams, whatever its type says.
    if (child.pid === undefined) return failed;
    const output = child.stdio[3];
    if (output === undefined || output === null || !("on" in output) || !("readable" in output)) return failed;
    return ok(supervise(child, child.pid, output, limits));
  },
});
