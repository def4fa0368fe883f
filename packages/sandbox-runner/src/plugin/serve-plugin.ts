import { KEPT_GLOBALS } from "./bridge-source.ts";
import type { BrokenBy, Engine, EngineLimits, Leave, Visit, Words } from "./engine.ts";
import { isDeeperThan } from "./messages.ts";
import type { CallLimit, FromWorker, StartMessage, ToWorker } from "./messages.ts";

const MOST = Object.freeze({ open: 100, timers: 32, words: 2_000, logs: 100, depth: 64 });
const TIMER_MS = Object.freeze({ least: 1, most: 60_000 });
/** An entry is stopped by the clock, which goes on while others compute: it gets this much more than it may use. */
const CLOCK_GRACE_MS = 150;
const LOAD_MS = 2_000;

interface Call {
  usedMs: number;
  asks: number;
  logs: number;
  readonly timers: Set<NodeJS.Timeout>;
}

/** What a server stands on; tests hand in less. */
export interface ServePorts {
  readonly makeEngine: (start: StartMessage, limits: EngineLimits, leave: Leave) => Engine | Promise<Engine>;
  readonly say: (message: FromWorker) => void;
  /** Ends the process because of what the engine is stuck in. */
  readonly exit: (why: BrokenBy) => void;
  readonly isTooDeep?: (json: string, most: number) => boolean;
}

const bridgeLimits = ({ outputBytes }: StartMessage): string =>
  JSON.stringify({
    globals: [...KEPT_GLOBALS, "setTimeout", "clearTimeout"],
    characters: outputBytes,
    open: MOST.open,
    timers: MOST.timers,
    words: MOST.words,
  });

/** One plugin, served. */
export interface Served {
  /** Handles it to its end, unless the plugin is still being loaded: then afterwards. */
  handle(message: ToWorker): void;
  /** Whether nothing happens until the next message comes. */
  isResting(): boolean;
}

/**
 * Speaks for one plugin: what the gateway says goes in, one visit after the other, and what the bridge says goes out. Threat: while a
 * visit lasts nothing else happens here, and some functions of the language cannot be interrupted. The gateway's clock ends those.
 */
export const servePlugin = ({ makeEngine, say, exit, isTooDeep = isDeeperThan }: ServePorts): Served => {
  const calls = new Map<string, Call>();
  let start: StartMessage | null = null;
  let engine: Engine | null = null;
  let openTimers = 0;
  /** What came before the plugin was loaded; null when it is. */
  let early: Words[] | null = [];

  const end = (token: string, end: Extract<FromWorker, { type: "done" }>["end"], text: string): void => {
    const call = calls.get(token);
    if (call === undefined) return;
    calls.delete(token);
    for (const timer of call.timers) clearTimeout(timer);
    openTimers -= call.timers.size;
    say({ type: "done", token, end, text });
  };
  const breach = (token: string, limit: CallLimit): void => end(token, "limit", limit);

  /** Within what is left to its call. */
  const visit = (words: Words): void => {
    const call = calls.get(words.token);
    if (call === undefined || engine === null || start === null) return;
    const before = engine.cpuMs();
    const left = Math.ceil(Math.max(1, start.cpuMs - call.usedMs)) + CLOCK_GRACE_MS;
    const visited = engine.enter(words, left);
    call.usedMs += engine.cpuMs() - before;
    settle(words.token, visited, call.usedMs > start.cpuMs);
  };
  const settle = (token: string, visited: Visit, isSpent: boolean): void => {
    if (visited.kind === "cpu" || visited.kind === "memory") {
      // What it was in the middle of would go on in the next call. Whoever hears that this one is over must know by then.
      exit(visited.kind);
      breach(token, visited.kind);
    } else if (visited.kind === "threw") {
      end(token, "threw", visited.text);
    } else if (isSpent) {
      breach(token, "cpu");
    }
  };
  const enter = (words: Words): void => {
    if (early !== null) {
      early.push(words);
      return;
    }
    try {
      visit(words);
    } catch {
      exit("engine");
    }
  };

  const startTimer = ({ token, id, text }: Words, call: Call): void => {
    const wish = Number(text);
    const wait = Number.isFinite(wish) ? Math.min(Math.max(wish, TIMER_MS.least), TIMER_MS.most) : TIMER_MS.least;
    openTimers += 1;
    const timer = setTimeout(() => {
      call.timers.delete(timer);
      openTimers -= 1;
      enter({ kind: "timer", token, id, name: "", text: "" });
    }, wait);
    call.timers.add(timer);
  };
  const ask = ({ token, id, name, text }: Words, call: Call, { asksPerCall, outputBytes }: StartMessage): void => {
    call.asks += 1;
    if (call.asks > asksPerCall) return breach(token, "asks");
    if (Buffer.byteLength(text) > outputBytes) return breach(token, "output");
    if (isTooDeep(text, MOST.depth)) return breach(token, "depth");
    say({ type: "ask", call: token, id, method: name, params: text });
  };
  const value = ({ token, text }: Words, { outputBytes }: StartMessage): void => {
    if (Buffer.byteLength(text) > outputBytes) return breach(token, "output");
    if (isTooDeep(text, MOST.depth)) return breach(token, "depth");
    end(token, "value", text);
  };
  const fromBridge = (words: Words, call: Call, begun: StartMessage): void => {
    const { kind, token, name, text } = words;
    if (kind === "ask") return ask(words, call, begun);
    if (kind === "value") return value(words, begun);
    if (kind === "timer") return call.timers.size < MOST.timers ? startTimer(words, call) : undefined;
    if (kind === "log") {
      call.logs += 1;
      return call.logs > MOST.logs ? undefined : say({ type: "log", call: token, text: text.slice(0, MOST.words) });
    }
    if (kind === "limit") return breach(token, name === "asks" ? "asks" : "output");
    if (kind === "threw" || kind === "missing" || kind === "dropped") end(token, kind, text.slice(0, MOST.words));
  };

  const load = async (message: StartMessage): Promise<void> => {
    let loaded: FromWorker | null = null;
    const fail = (problem: string): void => {
      loaded ??= { type: "failed", problem: problem.slice(0, MOST.words) };
    };
    const leave: Leave = (words) => {
      const call = calls.get(words.token);
      if (call !== undefined) return fromBridge(words, call, message);
      if (words.kind === "ready") loaded ??= readyOf(words.text);
      if (words.kind === "unready") fail(words.text);
    };
    engine = await makeEngine(message, { memoryMiB: message.memoryMiB, bridge: bridgeLimits(message) }, leave);
    const visited = engine.load(message.source, LOAD_MS);
    if (visited.kind === "threw") fail(visited.text);
    if (visited.kind === "cpu" || visited.kind === "memory") return exit(visited.kind);
    say(loaded ?? { type: "failed", problem: "it exports no plugin" });
    const waiting = early ?? [];
    early = null;
    for (const words of waiting) enter(words);
  };

  return {
    isResting: () => early === null && openTimers === 0,
    handle: (message) => {
      switch (message.type) {
        case "start":
          if (start !== null) return exit("unreadable");
          start = message;
          return void load(message).catch(() => exit("engine"));
        case "call":
          if (calls.has(message.token)) return exit("unreadable");
          calls.set(message.token, { usedMs: 0, asks: 0, logs: 0, timers: new Set() });
          return enter({ kind: message.kind, token: message.token, id: 0, name: message.name, text: message.args });
        case "answer":
          return enter({
            kind: "answer",
            token: message.token,
            id: message.id,
            name: message.code,
            text: message.text,
          });
        case "drop":
          return enter({ kind: "drop", token: message.token, id: 0, name: "", text: "" });
      }
    },
  };
};

const names = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string");

const readyOf = (text: string): FromWorker => {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed === "object" && parsed !== null && "tools" in parsed && "events" in parsed)
    if (names(parsed.tools) && names(parsed.events))
      return { type: "ready", tools: parsed.tools, events: parsed.events };
  return { type: "failed", problem: "what it exports is no plugin" };
};
