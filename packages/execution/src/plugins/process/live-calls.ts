import type { JsonValue, Result } from "@moltbot/contracts";
import type { PluginCallWish } from "../process-port.ts";
import { createProcessorClock } from "./processor-clock.ts";
import type { ProcessorClock, ProcessorClockPorts } from "./processor-clock.ts";
import { createReadingBudget } from "./reading-budget.ts";
import type { ReadingBudget } from "./reading-budget.ts";
import { readJson } from "./worker-words.ts";

/** One call that a worker has not ended. */
export interface OpenCall {
  readonly wish: PluginCallWish;
  /** Aborted when nobody waits any more: then nothing is done on its behalf. */
  readonly over: AbortController;
  /** The first word counts. */
  readonly settle: (result: Result<JsonValue>) => void;
  readonly asked: Set<number>;
  logs: number;
}

/** The calls that one process was given and has not ended, by their tokens. */
export type OpenCalls = ReadonlyMap<string, OpenCall>;

/** What holds a process; replaced only by tests that show what each part is for. */
export interface ProcessGuards {
  /** The call that a worker may speak for by this token; undefined where it may not. */
  readonly callOf: (calls: OpenCalls, token: string) => OpenCall | undefined;
  /** Ends what takes too long; returns the function that calls it off. */
  readonly after: (seconds: number, act: () => void) => () => void;
  /** Ends what computes too long. */
  readonly processorClock: (ports: ProcessorClockPorts) => ProcessorClock;
  /** Reads JSON that a plugin wrote; null where it is more or deeper than it may be. */
  readonly read: typeof readJson;
  /** How much of what one process asks is read. */
  readonly readingBudget: () => ReadingBudget;
}

export const PROCESS_GUARDS: ProcessGuards = Object.freeze({
  callOf: (calls: OpenCalls, token: string) => calls.get(token),
  after: (seconds: number, act: () => void) => {
    const timer = setTimeout(act, seconds * 1_000);
    return () => clearTimeout(timer);
  },
  processorClock: createProcessorClock,
  read: readJson,
  readingBudget: () => createReadingBudget(() => performance.now()),
});

/** A reason of our own: making one for each call, with its stack, costs more than everything else about it. */
const OVER = "the call is over";

/** Opens a call; `onLate` is called once when nobody waits for it any more while it still runs. */
export const openCall = (
  wish: PluginCallWish,
  onLate: (call: OpenCall) => void,
): { readonly call: OpenCall; readonly result: Promise<Result<JsonValue>> } => {
  const result = Promise.withResolvers<Result<JsonValue>>();
  const over = new AbortController();
  const late = (): void => onLate(call);
  const call: OpenCall = {
    wish,
    over,
    asked: new Set(),
    logs: 0,
    settle: (settled) => {
      wish.signal.removeEventListener("abort", late);
      result.resolve(settled);
      over.abort(OVER);
    },
  };
  wish.signal.addEventListener("abort", late, { once: true });
  return { call, result: result.promise };
};
