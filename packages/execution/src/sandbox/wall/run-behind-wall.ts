import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { watchMemory } from "../memory-watch.ts";
import { isFiltered, seccompFilter } from "../seccomp/filter.ts";
import type { FilteredArch } from "../seccomp/filter.ts";
import { DESCRIPTORS, bubblewrapArguments, namesInside } from "./bubblewrap-arguments.ts";
import { residentBytesOfAll } from "./processes-of.ts";
import type { RunBehindWall, WallJob, WallStop } from "./wall-job.ts";

const LOOKS_EVERY_MS = 100;

export const unavailable = (problem: string): Result<never> => err(moltbotError("SANDBOX_UNAVAILABLE", { problem }));

/** The whole group: bubblewrap, and with it everything in its process namespace. */
const killAll = (pid: number): void => {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: it has ended already
  }
};

/** What of the wall is made of what; replaced only by tests that show what each part is for. */
export interface WallParts {
  readonly argumentsOf: (job: WallJob, isRoot: boolean) => readonly string[];
  /** Bubblewrap's own environment, which can be read behind the wall at /proc/1/environ, whatever it clears for others. */
  readonly environment: Readonly<Record<string, string>>;
  readonly filter: (arch: FilteredArch) => Uint8Array;
}
export const WALL_PARTS: WallParts = Object.freeze({
  argumentsOf: bubblewrapArguments,
  environment: Object.freeze({}),
  filter: seccompFilter,
});

const start = (bubblewrap: string, job: WallJob, parts: WallParts, arch: FilteredArch): ChildProcess => {
  const isRoot = process.getuid?.() === 0;
  const child = spawn(bubblewrap, [...parts.argumentsOf(job, isRoot)], {
    env: { ...parts.environment },
    cwd: "/",
    shell: false,
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe", "pipe", "pipe"],
  });
  // A failed start also raises "error" later; without a listener it would end the gateway.
  child.on("error", () => undefined);
  for (const stream of child.stdio) stream?.on("error", () => undefined);
  const give = (descriptor: number, what: string | Uint8Array): void => {
    const stream = child.stdio[descriptor];
    if (stream !== null && stream !== undefined && "end" in stream) stream.end(what);
  };
  const names = namesInside(isRoot);
  give(DESCRIPTORS.filter, parts.filter(arch));
  give(DESCRIPTORS.passwd, names.passwd);
  give(DESCRIPTORS.group, names.group);
  give(0, job.input ?? "");
  return child;
};

/** Runs a job by this bubblewrap, from its start to the end of all its processes. */
export const runBy =
  (bubblewrap: string, parts = WALL_PARTS): RunBehindWall =>
  async (job, signal) => {
    if (!isFiltered(process.arch)) return unavailable(`there is no seccomp filter for ${process.arch}`);
    if (signal.aborted) return err(moltbotError("TURN_STOPPED"));
    const began = performance.now();
    const child = start(bubblewrap, job, parts, process.arch);
    const { pid } = child;
    if (pid === undefined) return unavailable("bubblewrap could not be started");

    let stop: WallStop | null = null;
    const end = (why: WallStop): void => {
      stop ??= why;
      killAll(pid);
    };
    let left = job.limits.outputBytes;
    const kept = { output: [] as Uint8Array[], errors: [] as Uint8Array[] };
    const keep = (into: Uint8Array[]) => (bytes: Uint8Array) => {
      into.push(bytes.subarray(0, Math.max(0, left)));
      left -= bytes.length;
      if (left < 0) end("output");
    };
    child.stdout?.on("data", keep(kept.output));
    child.stderr?.on("data", keep(kept.errors));
    const endWatch = watchMemory(pid, job.limits.memoryBytes, () => end("memory"), LOOKS_EVERY_MS, residentBytesOfAll);
    const deadline = setTimeout(() => end("time"), job.limits.wallSeconds * 1_000);
    const stopped = (): void => end("stopped");
    signal.addEventListener("abort", stopped, { once: true });

    const closed = Promise.withResolvers<number | null>();
    child.on("close", (code) => closed.resolve(code));
    const code = await closed.promise;
    clearTimeout(deadline);
    endWatch();
    signal.removeEventListener("abort", stopped);
    return ok({
      exitCode: stop === null ? code : null,
      stop,
      output: Buffer.concat(kept.output),
      errors: Buffer.concat(kept.errors),
      milliseconds: performance.now() - began,
    });
  };
