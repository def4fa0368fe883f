import { ok } from "@moltbot/contracts";
import type { JsonValue } from "@moltbot/contracts";
import type { Begun, Wall } from "../../../sandbox/index.ts";
import type { HostAsk, PluginProcessWish } from "../../process-port.ts";
import type { ProcessGuards } from "../live-calls.ts";
import { startPluginProcess } from "../start-plugin-process.ts";

const LIMITS = { cpuMs: 100, seconds: 1, memoryMiB: 32, outputBytes: 1_000, asksPerCall: 3 };
const PLACES = {
  nodePath: "/node",
  workerPath: "/worker.cjs",
  addonPath: "/addon",
  wasmPath: "/wasm",
  modulesPath: "/",
};

/** A worker that somebody else has taken over: a test says what it says, and hears what it is told. */
export const paperWorker = async (
  guards?: Partial<ProcessGuards>,
  answer: (ask: HostAsk) => Promise<JsonValue> = async () => null,
  limits: Partial<PluginProcessWish["limits"]> = {},
) => {
  const { PROCESS_GUARDS } = await import("../live-calls.ts");
  const told: Record<string, unknown>[] = [];
  const asks: HostAsk[] = [];
  const logs: string[] = [];
  const faults: string[] = [];
  let doesRead = true;
  const gone = Promise.withResolvers<Awaited<Begun["ended"]>>();
  let take: (bytes: Uint8Array, from: "output" | "errors") => void = () => undefined;
  const say = (words: unknown): void => take(Buffer.from(`${JSON.stringify(words)}\n`), "output");
  const begin: Wall["begin"] = (_, taking) => {
    take = taking;
    return ok({
      write: (bytes) => doesRead && told.push(JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>) > 0, // our own lines
      closeInput: () => undefined,
      end: () => gone.resolve({ exitCode: null, stop: "stopped" }),
      residentBytes: async () => 1,
      computedMs: () => null,
      ended: gone.promise,
    });
  };
  const wish: PluginProcessWish = {
    plugin: "weather",
    source: "",
    engine: "isolate",
    limits: { ...LIMITS, ...limits },
    signal: new AbortController().signal,
    ask: async (ask) => {
      asks.push(ask);
      return ok(await answer(ask));
    },
    log: (text) => void logs.push(text),
    ended: (why) => void faults.push(why),
  };
  const starting = startPluginProcess({ ...PLACES, wall: { begin }, guards: { ...PROCESS_GUARDS, ...guards } }, wish);
  say({ type: "ready", tools: ["run"], events: [] });
  const process = await starting;
  if (!process.ok) throw new Error(process.error.message);
  const call = (token: string, signal = new AbortController().signal) =>
    process.value.call({ kind: "tool", name: "run", args: {}, token, signal });
  return {
    process: process.value,
    call,
    say,
    raw: (bytes: string, from: "output" | "errors" = "output") => take(Buffer.from(bytes), from),
    /** Whether it takes what it is told. */
    reads: (does: boolean) => void (doesRead = does),
    die: (stop: Awaited<Begun["ended"]>["stop"] = null, exitCode = 1) => gone.resolve({ exitCode, stop }),
    told,
    asks,
    logs,
    faults,
  };
};
