import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { watchDisk } from "../disk-watch.ts";
import { watchMemory } from "../memory-watch.ts";
import { isFiltered, seccompFilter } from "../seccomp/filter.ts";
import type { FilteredArch } from "../seccomp/filter.ts";
import { unavailable } from "../unavailable.ts";
import { findControlGroups } from "./control-groups.ts";
import type { ControlGroup, ControlGroups } from "./control-groups.ts";
import { DESCRIPTORS, bubblewrapArguments, namesInside } from "./bubblewrap-arguments.ts";
import { childrenOf, computedMsOfAll, residentBytesOfAll } from "./processes-of.ts";
import { handedOn, withNothingAt } from "./handed-on.ts";
import { createReadingPace } from "./reading-pace.ts";
import type { WallJob, WallLimits, WallOutcome, WallStop } from "./wall-job.ts";

const LOOKS_EVERY_MS = 100;
const MOST_UNREAD_BYTES = 1024 * 1024;
/** A shell that enters the group, so that no process is ever outside it, and becomes bubblewrap; without a group it is bubblewrap all the same. */
const ENTER = 'echo 0 > "$0/cgroup.procs"; exec "$@"';

const signal = (pid: number, name: "SIGSTOP" | "SIGKILL"): void => {
  try {
    process.kill(pid, name);
  } catch {
    // ESRCH: it has ended already
  }
};

/** The whole group: bubblewrap, and with it everything in its process namespace. */
const killAll = (pid: number): void => {
  // Threat: bubblewrap's first process leaves the group a moment before it ties itself to bubblewrap. Ended in that moment, it would
  // forget to end: so it is ended by name, and bubblewrap held until that name is known.
  signal(-pid, "SIGSTOP");
  const inside = childrenOf(pid);
  for (const one of [-pid, ...inside]) signal(one, "SIGKILL");
};

/** What of the wall is made of what; replaced only by tests that show what each part is for. */
export interface WallParts {
  readonly argumentsOf: (job: WallJob, isRoot: boolean) => readonly string[];
  /** Bubblewrap's own environment, which its first process keeps, whatever it clears for others. */
  readonly environment: Readonly<Record<string, string>>;
  readonly filter: (arch: FilteredArch) => Uint8Array;
  /** Null where no control groups are delegated to the gateway. */
  readonly openGroup: (limits: WallLimits) => ControlGroup | null;
  /** The descriptors after our own that a program would inherit from whoever started the gateway. */
  readonly handedOn: () => readonly number[];
}
/** Found when they are first needed. */
let groups: ControlGroups | null = null;
let inherited: readonly number[] | null = null;
/** Input, output, errors, and those by which bubblewrap is told. */
const OURS = ["pipe", "pipe", "pipe", "pipe", "pipe", "pipe"] as const;
export const WALL_PARTS: WallParts = Object.freeze({
  argumentsOf: bubblewrapArguments,
  environment: Object.freeze({}),
  filter: seccompFilter,
  openGroup: (limits: WallLimits) => (groups ??= findControlGroups()).open(limits),
  handedOn: () => (inherited ??= handedOn(OURS.length)),
});

/** A program that has begun behind the wall, within its limits. */
export interface Begun {
  write(bytes: Uint8Array): boolean;
  closeInput(): void;
  end(why: WallStop): void;
  /** Resident bytes of all its processes now; null where it is gone. */
  residentBytes(): Promise<number | null>;
  /** Milliseconds for which the first threads of its processes were on a processor; null where it is gone. */
  computedMs(): number | null;
  readonly ended: Promise<Pick<WallOutcome, "exitCode" | "stop">>;
}

/** Takes what a program writes, up to its limit. */
export type TakeOutput = (bytes: Uint8Array, from: "output" | "errors") => void;

const spawnWith = (
  [program = "", ...args]: readonly string[],
  { environment, handedOn: found }: WallParts,
): ChildProcess | null => {
  try {
    return withNothingAt(found(), OURS.length, (more) =>
      spawn(program, args, {
        env: { ...environment },
        cwd: "/",
        shell: false,
        detached: true,
        stdio: [...OURS, ...more],
      }),
    );
  } catch {
    return null; // arguments that the system does not take: too long, or with a zero in them
  }
};

/** Null where the system starts nothing. */
const start = (
  bubblewrap: string,
  job: WallJob,
  parts: WallParts,
  arch: FilteredArch,
  group: ControlGroup | null,
): ChildProcess | null => {
  const isRoot = process.getuid?.() === 0;
  const whole = [bubblewrap, ...parts.argumentsOf(job, isRoot)];
  const argv = group === null ? whole : ["/bin/sh", "-c", ENTER, group.folder, ...whole];
  const child = spawnWith(argv, parts);
  // A failed start also raises "error" later; without a listener it would end the gateway.
  child?.on("error", () => undefined);
  // Where descriptors have run out it has not even streams, whatever its type says.
  if (child?.pid === undefined) return null;
  for (const stream of child.stdio) stream?.on("error", () => undefined);
  const give = (descriptor: number, what: string | Uint8Array): void => {
    const stream = child.stdio[descriptor];
    if (stream !== null && stream !== undefined && "end" in stream) stream.end(what);
  };
  const names = namesInside(isRoot);
  give(DESCRIPTORS.filter, parts.filter(arch));
  give(DESCRIPTORS.passwd, names.passwd);
  give(DESCRIPTORS.group, names.group);
  return child;
};

const supervise = (
  child: ChildProcess,
  pid: number,
  { limits, workspace }: WallJob,
  take: TakeOutput,
  group: ControlGroup | null,
): Begun => {
  let stop: WallStop | null = null;
  let isOver = false;
  const end = (why: WallStop): void => {
    // Threat: when it has ended, its number can be that of somebody else's processes.
    if (isOver) return;
    stop ??= why;
    killAll(pid);
  };
  let left = limits.outputBytes;
  const pace = createReadingPace((isHeld) => {
    for (const stream of [child.stdout, child.stderr])
      if (isHeld) stream?.pause();
      else stream?.resume();
  });
  const read = (from: "output" | "errors") => (bytes: Uint8Array) => {
    if (left > 0) take(bytes.subarray(0, left), from);
    left -= bytes.length;
    pace.count(bytes.length);
    if (left < 0) end("output");
  };
  child.stdout?.on("data", read("output"));
  child.stderr?.on("data", read("errors"));
  const endWatches = [
    watchMemory(pid, limits.memoryBytes, () => end("memory"), LOOKS_EVERY_MS, residentBytesOfAll),
    // Where it can change nothing, nothing of the disk can be used up.
    ...(workspace === undefined ? [] : [watchDisk(workspace, limits.diskBytes, () => end("disk"), LOOKS_EVERY_MS)]),
  ];
  const deadline = setTimeout(() => end("time"), limits.wallSeconds * 1_000);
  const ended = Promise.withResolvers<Pick<WallOutcome, "exitCode" | "stop">>();
  // "close" and not "exit": by then everything that it wrote has arrived.
  child.on("close", (code) => {
    isOver = true;
    clearTimeout(deadline);
    pace.end();
    for (const endWatch of endWatches) endWatch();
    if (group?.ranOutOfMemory() === true) stop ??= "memory";
    void group?.remove();
    ended.resolve({ exitCode: stop === null ? code : null, stop });
  });
  return {
    write: (bytes) => {
      if (child.stdin === null || !child.stdin.writable || child.exitCode !== null) return false;
      // Threat: a program that reads nothing would have the gateway keep everything for it.
      if (child.stdin.writableLength > MOST_UNREAD_BYTES) return false;
      child.stdin.write(bytes);
      return true;
    },
    closeInput: () => child.stdin?.end(),
    end,
    residentBytes: async () => (isOver ? null : residentBytesOfAll(pid)),
    computedMs: () => (isOver ? null : computedMsOfAll(pid)),
    ended: ended.promise,
  };
};

/** Begins a job by this bubblewrap; `input` of the job is not written. SANDBOX_UNAVAILABLE where it cannot. */
export type BeginBehindWall = (job: WallJob, take: TakeOutput) => Result<Begun>;

export const beginBy =
  (bubblewrap: string, parts = WALL_PARTS): BeginBehindWall =>
  (job, take) => {
    if (!isFiltered(process.arch)) return unavailable(`there is no seccomp filter for ${process.arch}`);
    const group = parts.openGroup(job.limits);
    const child = start(bubblewrap, job, parts, process.arch, group);
    if (child?.pid !== undefined) return ok(supervise(child, child.pid, job, take, group));
    void group?.remove();
    return unavailable("bubblewrap could not be started");
  };
