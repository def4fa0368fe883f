import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import { createWall } from "@moltbot/execution/sandbox";
import type { Wall } from "@moltbot/execution/sandbox";
import { createPluginKeeper, keeperGround } from "../../packages/execution/src/plugins/process/create-plugin-keeper.ts";
import { startPluginProcess } from "../../packages/execution/src/plugins/process/start-plugin-process.ts";
import { findWorkerPlaces } from "../../packages/execution/src/plugins/process/worker-job.ts";
import type { PluginProcess } from "../../packages/execution/src/plugins/process-port.ts";
import { callOf, openWorldOn, pluginOf } from "../../packages/execution/src/plugins/testing/plugin-world.ts";
import { childrenOf } from "../../packages/execution/src/sandbox/wall/processes-of.ts";
import { PROJECT } from "../../tests/support/gateway-process.ts";
import { must } from "../../tests/support/must.ts";
import { median } from "../result.ts";
import type { Figure } from "../result.ts";
import { besidePlugins } from "./plugins-beside.ts";

const ROUNDS = 5;
const STARTS = 9;
const CALLS = 1_000;
const WARM_UP = 500;
/** A process of each engine is measured where both are there. */
const ENGINES = ["isolate", "quickjs"] as const;
type Engine = (typeof ENGINES)[number];

const LIMITS = { cpuMs: 500, seconds: 15, memoryMiB: 32, outputBytes: 32_768, asksPerCall: 20 };
const PLUGIN = "export default { tools: { ask: ({ text }) => ({ characters: text.length, text }) } };";
const KILOBYTE = { text: "x".repeat(1_000) };

/** What never ends by itself, and the seconds that are its own: those of the processor, and none where memory is what it takes. */
export const ENDLESS: readonly { readonly name: string; readonly body: string; readonly seconds: number }[] = [
  { name: "a loop", body: "for (;;);", seconds: LIMITS.cpuMs / 1_000 },
  { name: "a ReDoS", body: "return /^(a+)+$/.test('a'.repeat(40) + 'b');", seconds: LIMITS.cpuMs / 1_000 },
  {
    name: "a microtask loop",
    body: "const again = () => { Promise.resolve().then(again); }; again(); return new Promise(() => {});",
    seconds: LIMITS.cpuMs / 1_000,
  },
  {
    name: "1 GB of memory",
    body: "const all = []; for (let i = 0; i < 1000; i += 1) all.push(new Array(125_000).fill(i + 0.5)); return all.length;",
    seconds: 0,
  },
];

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);
const places = findWorkerPlaces(process.execPath, join(PROJECT, "dist", "plugin-worker.cjs"));

interface Running {
  readonly plugin: PluginProcess;
  readonly call: () => Promise<boolean>;
  /** Resolves when the process ended and nobody told it to. */
  readonly gone: Promise<void>;
}

const start = async (wall: Wall, engine: Engine, source = PLUGIN): Promise<Running> => {
  const gone = Promise.withResolvers<void>();
  const wish = { plugin: "bench", source, engine, limits: LIMITS, signal: new AbortController().signal };
  const hooks = { ask: async () => ok(null), log: () => undefined, ended: () => gone.resolve() };
  const plugin = must(await startPluginProcess({ ...places, wall }, { ...wish, ...hooks }));
  let count = 0;
  const call = async (): Promise<boolean> => {
    const token = `call-${String((count += 1))}`;
    const { signal } = new AbortController();
    return (await plugin.call({ kind: "tool", name: "ask", args: KILOBYTE, token, signal })).ok;
  };
  // It is known to be of no use a moment before it is gone.
  return { plugin, call, gone: gone.promise.then(async () => plugin.end()) };
};

/** Runs it so often, each time a little after the last; what it took, in milliseconds. */
const times = async (count: number, run: () => Promise<boolean>): Promise<readonly number[]> => {
  const took: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const began = performance.now();
    if (!(await run())) throw new Error("the plugin did not answer");
    took.push(performance.now() - began);
  }
  return took;
};

const rounds = async (name: string, round: () => Promise<number>): Promise<number> => {
  const values: number[] = [];
  for (let at = 0; at < ROUNDS; at += 1) values.push(await round());
  say(`${name}: ${values.map((value) => value.toFixed(3)).join(" ")}`);
  return median(values);
};

const coldStart = async (wall: Wall, engine: Engine): Promise<number> => {
  const started: Running[] = [];
  const took = await times(STARTS, async () => {
    const one = await start(wall, engine);
    started.push(one);
    return one.call();
  });
  await Promise.all(started.map(async ({ plugin }) => plugin.end()));
  return median(took);
};

const warmCall = async (wall: Wall, engine: Engine): Promise<number> => {
  const { plugin, call } = await start(wall, engine);
  await times(WARM_UP, call);
  const took = await times(CALLS, call);
  await plugin.end();
  return median(took);
};

/** The same as the spine runs it: looked at, admitted, counted, labelled. */
const hostCall = async (wall: Wall): Promise<number> => {
  const world = openWorldOn(createPluginKeeper(keeperGround(wall, process.execPath, places.workerPath)));
  must(world.host.load({ ...pluginOf(), source: PLUGIN }));
  const call = async (): Promise<boolean> => {
    // Its calls of a minute would be spent in a moment.
    world.world.now += 60_000;
    return (await world.run(callOf("weather.ask", KILOBYTE))).ok;
  };
  await times(WARM_UP, call);
  const took = await times(CALLS, call);
  await world.host.close();
  return median(took);
};

const family = (pid: number): readonly number[] => [pid, ...childrenOf(pid).flatMap(family)];
const pssOf = (pid: number): number => {
  try {
    return (
      Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/smaps_rollup`, "utf8"))?.[1] ?? 0) / 1_024
    );
  } catch {
    return Number.NaN; // a measurement that could not be made meets no limit
  }
};

/** MiB of all processes of each of so many plugins that rest after a call; what they share counts once among them all. */
const idleMemory = async (wall: Wall, engine: Engine, count: number): Promise<number> => {
  const before = new Set(childrenOf(process.pid));
  const started = await Promise.all(Array.from({ length: count }, async () => start(wall, engine)));
  for (const { call } of started) await times(1, call);
  await new Promise((resolve) => void setTimeout(resolve, 1_000));
  const own = childrenOf(process.pid).filter((pid) => !before.has(pid));
  const sum = own
    .flatMap(family)
    .map(pssOf)
    .reduce((all, one) => all + one, 0);
  await Promise.all(started.map(async ({ plugin }) => plugin.end()));
  return own.length === count ? sum / count : Number.NaN;
};

const endedAfter = async (wall: Wall, engine: Engine, body: string, seconds: number): Promise<number> => {
  const { call, gone } = await start(wall, engine, `export default { tools: { ask() { ${body} } } };`);
  const began = performance.now();
  if (await call()) throw new Error("it was not ended");
  // The interpreter throws where its memory ends, and lives on: then the answer is the end.
  await Promise.race([gone, new Promise((resolve) => void setTimeout(resolve, engine === "quickjs" ? 0 : 5_000))]);
  return Math.max(0, (performance.now() - began) / 1_000 - seconds);
};

const measureEngine = async (wall: Wall, engine: Engine): Promise<readonly Figure[]> => {
  const of = { sense: "most", scaled: true } as const;
  const figures: Figure[] = [];
  const note = async (
    name: string,
    unit: string,
    limit: number,
    round: () => Promise<number>,
    scaled = true,
  ): Promise<void> => {
    const full = `${name} (${engine})`;
    figures.push({ name: full, value: await rounds(full, round), unit, limit, ...of, scaled });
  };
  await note("cold start to the first answer, p50", "ms", 120, () => coldStart(wall, engine));
  await note("a warm call with 1 KB, p50", "ms", 0.3, () => warmCall(wall, engine));
  await note("idle PSS of one plugin", "MiB", 45, () => idleMemory(wall, engine, 1), false);
  await note("idle PSS of each of two plugins", "MiB", 45, () => idleMemory(wall, engine, 2), false);
  for (const { name, body, seconds } of ENDLESS)
    await note(`${name}, ended after its limit by`, "s", 0.5, () => endedAfter(wall, engine, body, seconds));
  return figures;
};

/** What the process of a plugin costs, how soon it is ended when it takes what is not its own, and what others notice. Nothing where there is no wall. */
export const measurePlugins = async (): Promise<readonly Figure[]> => {
  const wall = createWall();
  const state = await wall.check();
  if (state.kind === "missing") {
    process.stderr.write(`plugins are not measured: ${state.problem}\n`);
    return [];
  }
  const figures: Figure[] = [];
  for (const engine of ENGINES)
    if (engine === "quickjs" || places.addonPath !== null) figures.push(...(await measureEngine(wall, engine)));
  const name = "a warm call with 1 KB through the host, p50";
  // Twice the process's own: the host's share may be no more than the sandbox's.
  const value = await rounds(name, () => hostCall(wall));
  figures.push({ name, value, unit: "ms", limit: 0.6, sense: "most", scaled: true });
  return [...figures, ...(await besidePlugins(ENDLESS, LIMITS, ROUNDS))];
};
