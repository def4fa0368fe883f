import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { Begun, Wall } from "../../sandbox/index.ts";
import type { PluginProcess, PluginProcessWish } from "../process-port.ts";
import { stopped } from "../refusals.ts";
import { linesInTurns } from "./lines-in-turns.ts";
import { linesWithin } from "./lines-within.ts";
import { PROCESS_GUARDS } from "./live-calls.ts";
import type { ProcessGuards } from "./live-calls.ts";
import type { ProcessorClock } from "./processor-clock.ts";
import { speakWithWorker } from "./speak-with-worker.ts";
import type { Fault } from "./speak-with-worker.ts";
import { workerJob } from "./worker-job.ts";
import type { WorkerPlaces } from "./worker-job.ts";

/** Why a process ends that did nothing wrong. */
export const TOO_OLD = "it was as old as it may get";
const START_SECONDS = 10;
/** Of the processor, while it begins and loads its plugin: more than a worker lets a module have. */
const LOAD_MS = 2_400;
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
const [SPENT, SPENT_LOADING]: readonly [Fault, Fault] = [
  { problem: "it computed too long", limit: "cpu" },
  { problem: "it computed too long", limit: "cpu while it is loaded" },
];
const faultOfEnd = ({ stop, exitCode }: Awaited<Begun["ended"]>): Fault => {
  if (stop === "memory" || exitCode === ABORTED) return { problem: "it took too much memory", limit: "memory" };
  return { problem: stop === "time" ? TOO_OLD : "its process ended" };
};

/**
 * Starts one worker behind the wall and waits until its plugin is loaded. SANDBOX_UNAVAILABLE where there is no wall or no engine;
 * PLUGIN_FAILED or PLUGIN_LIMIT where the plugin cannot be loaded, PLUGIN_STOPPED where its start was given up.
 */
export const startPluginProcess = async (
  ports: PluginProcessPorts,
  wish: PluginProcessWish,
): Promise<Result<PluginProcess>> => {
  const guards = ports.guards ?? PROCESS_GUARDS;
  const wasStopped = stopped(wish.plugin, "it was ended");
  if (wish.signal.aborted) return wasStopped;
  const job = workerJob(ports, wish);
  if (job === null)
    return err(moltbotError("SANDBOX_UNAVAILABLE", { problem: `there is no ${wish.engine} for this machine` }));
  let begun: Begun | null = null;
  let [isTold, fault, errorBytes, resident]: [boolean, Fault | null, number, number] = [false, null, 0, 0];
  const note = (why: Fault): void => {
    if (isTold || fault !== null) return;
    fault = why;
    wish.ended(why.problem);
  };
  const endFor = (why: Fault): void => {
    begun?.end("stopped");
    // Whoever hears that a call is over may make the next one at once: by then nobody is given this process.
    note(why);
    speech.close(why);
  };
  const stop = (): void => {
    isTold = true;
    endFor({ problem: "it was ended" });
  };
  const clockOf = (limitMs: number, why: Fault): ProcessorClock =>
    guards.processorClock({ computedMs: () => begun?.computedMs() ?? null, limitMs, onSpent: () => endFor(why) });
  const [clock, loading] = [clockOf(wish.limits.cpuMs, SPENT), clockOf(LOAD_MS, SPENT_LOADING)];
  const speech = speakWithWorker(wish, {
    guards,
    clock,
    write: (line) => begun?.write(Buffer.from(`${line}\n`)) === true,
    end: endFor,
  });
  const turns = linesInTurns((line) => speech.hear(line));
  const lines = linesWithin(
    lineBytes(wish.limits.outputBytes),
    (line) => turns.push(line),
    () => turns.push(null),
  );
  const started = ports.wall.begin(job, (bytes, from) => {
    if (from === "output") return lines.push(bytes);
    // What an engine says when it breaks is for nobody; more of it is a flood.
    errorBytes += bytes.length;
    if (errorBytes > ERROR_BYTES) endFor({ problem: "it wrote more than it may" });
  });
  if (!started.ok) return started;
  begun = started.value;
  const gone = begun.ended.then(async (end) => {
    await turns.rest();
    note(faultOfEnd(end));
    speech.close(faultOfEnd(end));
  });
  wish.signal.addEventListener("abort", stop, { once: true });
  begun.write(Buffer.from(`${startLine(wish)}\n`));
  const callOff = guards.after(START_SECONDS, () => endFor({ problem: "it took too long to load" }));
  loading.begin("load");
  const described = await speech.described;
  loading.close();
  callOff();
  const lookAtMemory = async (): Promise<void> => {
    resident = (await begun.residentBytes()) ?? 0;
  };
  if (described.ok) await lookAtMemory();
  wish.signal.removeEventListener("abort", stop);
  if (!described.ok || wish.signal.aborted) {
    await gone;
    return described.ok || wish.signal.aborted ? wasStopped : described;
  }
  return ok({
    call: async (asked) => speech.call(asked),
    describe: async () => described,
    residentBytes: () => {
      void lookAtMemory();
      return resident;
    },
    end: async () => {
      stop();
      await gone;
    },
  });
};
