import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { Begun, Wall } from "../../sandbox/index.ts";
import type { PluginProcess, PluginProcessWish } from "../process-port.ts";
import { linesWithin } from "./lines-within.ts";
import { PROCESS_GUARDS } from "./live-calls.ts";
import type { ProcessGuards } from "./live-calls.ts";
import { speakWithWorker } from "./speak-with-worker.ts";
import type { Fault } from "./speak-with-worker.ts";
import { workerJob } from "./worker-job.ts";
import type { WorkerPlaces } from "./worker-job.ts";

/** Why a process ends that did nothing wrong. */
export const TOO_OLD = "it was as old as it may get";
const START_SECONDS = 10;
const ERROR_BYTES = 64 * 1024;
/** Text in text grows by its quotes, and words about a call stand around it. */
const lineBytes = (outputBytes: number): number => 2 * outputBytes + 16 * 1024;

/** What a process needs of others. */
export interface PluginProcessPorts extends WorkerPlaces {
  readonly wall: Pick<Wall, "begin">;
  readonly guards?: ProcessGuards;
}

const startLine = ({ engine, source, limits }: PluginProcessWish): string => {
  const { cpuMs, memoryMiB, outputBytes, asksPerCall } = limits;
  return JSON.stringify({ type: "start", engine, source, cpuMs, memoryMiB, outputBytes, asksPerCall });
};

/** 128 and SIGABRT: V8's only answer where an allocation fails that it cannot do without. */
const ABORTED = 134;
const faultOfEnd = ({ stop, exitCode }: Awaited<Begun["ended"]>): Fault => {
  if (stop === "memory" || exitCode === ABORTED) return { problem: "it took too much memory", limit: "memory" };
  return { problem: stop === "time" ? TOO_OLD : "its process ended" };
};

/**
 * Starts one worker behind the wall and waits until its plugin is loaded. SANDBOX_UNAVAILABLE where there is no wall or no engine;
 * PLUGIN_FAILED or PLUGIN_LIMIT where the plugin cannot be loaded. `ended` of the wish is called once when the process ended and nobody
 * told it to.
 */
export const startPluginProcess = async (
  ports: PluginProcessPorts,
  wish: PluginProcessWish,
): Promise<Result<PluginProcess>> => {
  const guards = ports.guards ?? PROCESS_GUARDS;
  const job = workerJob(ports, wish);
  if (job === null)
    return err(moltbotError("SANDBOX_UNAVAILABLE", { problem: `there is no ${wish.engine} for this machine` }));
  let begun: Begun | null = null;
  let [isTold, fault, errorBytes, resident]: [boolean, Fault | null, number, number] = [false, null, 0, 0];
  const endFor = (why: Fault): void => {
    if (!isTold) fault ??= why;
    begun?.end("stopped");
    speech.close(why);
  };
  const clock = guards.processorClock({
    computedMs: () => begun?.computedMs() ?? null,
    limitMs: wish.limits.cpuMs,
    onSpent: () => endFor({ problem: "it computed too long", limit: "cpu" }),
  });
  const speech = speakWithWorker(wish, {
    guards,
    clock,
    write: (line) => begun?.write(Buffer.from(`${line}\n`)) === true,
    end: endFor,
  });
  const lines = linesWithin(
    lineBytes(wish.limits.outputBytes),
    (line) => speech.hear(line),
    () => speech.hear(null),
  );
  const started = ports.wall.begin(job, (bytes, from) => {
    if (from === "output") return lines.push(bytes);
    // What an engine says when it breaks is for nobody; more of it is a flood.
    errorBytes += bytes.length;
    if (errorBytes > ERROR_BYTES) endFor({ problem: "it wrote more than it may" });
  });
  if (!started.ok) return started;
  begun = started.value;
  const gone = begun.ended.then((end) => {
    speech.close(faultOfEnd(end));
    if (fault !== null || !isTold) wish.ended((fault ?? faultOfEnd(end)).problem);
  });
  begun.write(Buffer.from(`${startLine(wish)}\n`));
  const callOff = guards.after(START_SECONDS, () => endFor({ problem: "it took too long to load" }));
  const described = await speech.described;
  callOff();
  const lookAtMemory = async (): Promise<void> => {
    resident = (await begun.residentBytes()) ?? 0;
  };
  if (!described.ok) {
    await gone;
    return described;
  }
  await lookAtMemory();
  return ok({
    call: async (asked) => speech.call(asked),
    describe: async () => described,
    residentBytes: () => {
      void lookAtMemory();
      return resident;
    },
    end: async () => {
      isTold = true;
      endFor({ problem: "it was ended" });
      await gone;
    },
  });
};
