import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { ok, PrincipalId } from "@moltbot/contracts";
import { createWall } from "../../sandbox/index.ts";
import type { PluginToRun } from "../plugin-host.ts";
import type { PluginProcessWish, StartProcess } from "../process-port.ts";
import { createPluginKeeper, keeperGround } from "./create-plugin-keeper.ts";
import { PROCESS_GUARDS } from "./live-calls.ts";
import type { ProcessGuards } from "./live-calls.ts";
import { startPluginProcess } from "./start-plugin-process.ts";
import { buildWorker } from "./test-support/built-worker.ts";
import { findWorkerPlaces } from "./worker-job.ts";

const wall = createWall();
const state = await wall.check();
const because = state.kind === "ready" ? "" : ` (skipped: ${state.problem})`;
const source = fileURLToPath(new URL("../../../../sandbox-runner/src/plugin-worker.ts", import.meta.url));
const places = findWorkerPlaces(process.execPath, source);
const ENGINES = (["isolate", "quickjs"] as const).filter((one) => one === "quickjs" || places.addonPath !== null);
const built = await buildWorker(source);
afterAll(() => built.remove());
const LIMITS = { cpuMs: 2_000, seconds: 10, memoryMiB: 64, outputBytes: 262_144, asksPerCall: 100 };
/** Neither engine can be interrupted in it, and it lasts for many seconds. */
const ONE_STEP = "'a'.repeat(4e7).lastIndexOf('a'.repeat(2e7) + 'b')";
const BUSY_MS = 1_500;

const begin = (wish: Partial<PluginProcessWish>, guards: Partial<ProcessGuards> = {}) => {
  const ended: string[] = [];
  const started = startPluginProcess(
    { ...places, workerPath: built.path, wall, guards: { ...PROCESS_GUARDS, ...guards } },
    {
      plugin: "weather",
      source: "export default {};",
      engine: "isolate",
      limits: LIMITS,
      signal: new AbortController().signal,
      ask: async () => ok(null),
      log: () => undefined,
      ended: (why) => void ended.push(why),
      ...wish,
    },
  );
  return { started, ended };
};
const run = (token: string) => ({
  kind: "tool" as const,
  name: "run",
  args: {},
  token,
  signal: new AbortController().signal,
});
const startHere: StartProcess = async (wish) => startPluginProcess({ ...places, workerPath: built.path, wall }, wish);
const nothing = (): void => undefined;
const NO_CLOCK: Partial<ProcessGuards> = {
  processorClock: () => ({ begin: nothing, end: nothing, close: nothing }),
};
/** Gives up after so many milliseconds; returns how long it took, and what came of it. */
const givenUp = async (wish: Partial<PluginProcessWish>, afterMs: number, guards?: Partial<ProcessGuards>) => {
  const over = new AbortController();
  const { started, ended } = begin({ ...wish, signal: over.signal }, guards);
  await new Promise((resolve) => void setTimeout(resolve, afterMs));
  const began = performance.now();
  over.abort();
  const result = await started;
  return { took: performance.now() - began, code: result.ok ? "ok" : result.error.code, ended };
};

describe.skipIf(state.kind !== "ready").each(ENGINES)(`a plugin that is loaded, in %s${because}`, (engine) => {
  it("is gone at once where its start is given up, whatever it does, and that is no fault of it", async () => {
    for (const [module, afterMs] of [
      [`${ONE_STEP}; export default {};`, 400],
      ["export default {};", 0],
    ] as const) {
      const { took, code, ended } = await givenUp({ engine, source: module }, afterMs, NO_CLOCK);
      expect([code, ended]).toEqual(["PLUGIN_STOPPED", []]);
      expect(took).toBeLessThan(500);
    }
  });

  it("is ended by the processor's time where its module cannot be interrupted, long before it would be given up", async () => {
    const began = performance.now();
    const { started, ended } = begin({ engine, source: `${ONE_STEP}; export default {};` });
    expect(await started).toMatchObject({
      error: { code: "PLUGIN_LIMIT", message: expect.stringContaining("cpu while it is loaded") as string },
    });
    expect(performance.now() - began).toBeLessThan(2_500 + 500 + BUSY_MS);
    expect(ended).toEqual(["it computed too long"]);
  });
  it("unplug: without that clock it goes on until it is given up", async () => {
    const { code, ended } = await givenUp({ engine, source: `${ONE_STEP}; export default {};` }, 5_000, NO_CLOCK);
    expect([code, ended]).toEqual(["PLUGIN_STOPPED", []]);
  }, 10_000);

  it("is known to be of no use any more by the time at which its call is over that passed a limit", async () => {
    const lists = "const a = []; for (;;) a.push(new Array(1000).fill(1.1));";
    // In QuickJS what takes too much memory is an error that the plugin hears, and nothing breaks.
    for (const body of ["for (;;);", `return ${ONE_STEP};`, ...(engine === "isolate" ? [lists] : [])]) {
      const limits = { ...LIMITS, cpuMs: 200 };
      const { started, ended } = begin({ engine, limits, source: `export default { tools: { run() { ${body} } } };` });
      const begun = await started;
      if (!begun.ok) throw new Error(begun.error.message);
      expect(await begun.value.call(run("a"))).toMatchObject({ error: { code: "PLUGIN_LIMIT" } });
      expect(ended).toHaveLength(1);
      await begun.value.end();
      expect(ended).toHaveLength(1);
    }
  });

  it("is begun anew for the next call after one that passed a limit, which fails in nothing", async () => {
    const keeper = createPluginKeeper({ ...keeperGround(wall, process.execPath, source), engine, start: startHere });
    const limits = { ...LIMITS, cpuMs: 200, callsPerMinute: 600 };
    const main = `let calls = 0; export default { tools: { loop() { for (;;); }, run: () => (calls += 1) } };`;
    const plugin = {
      manifest: { name: "weather", limits },
      source: main,
      digest: "d",
      choices: {},
    } as unknown as PluginToRun; // what a keeper reads of it
    const hooks = { ask: async () => ok(null), log: nothing, ended: nothing };
    const call = async (token: string, name: string) => {
      const begun = await keeper.of("a", plugin, PrincipalId.parse("01930000-0000-7000-8000-00000000000a"), hooks);
      return begun.ok ? begun.value.call({ ...run(token), name }) : begun;
    };
    for (const token of ["a", "b"]) {
      expect(await call(token, "loop")).toMatchObject({ error: { code: "PLUGIN_LIMIT" } });
      expect(await call(`${token}2`, "run")).toEqual(ok(1));
    }
    await keeper.end("a");
    expect(keeper.running("weather")).toBe(0);
  });

  it("gets five answers of a megabyte in one tick, each where it belongs", async () => {
    const { started, ended } = begin({
      engine,
      source: `export default { tools: { run: async (_, host) => {
        const all = await Promise.all([1, 2, 3, 4, 5].map((n) => host.storage.get("k" + n)));
        return all.map((text, at) => text.length === 1048576 && text.startsWith('"k' + (at + 1) + '"'));
      } } };`,
      ask: async ({ params }) => ok(`${JSON.stringify(params["key"])} `.padEnd(1_048_576, "x")),
    });
    const begun = await started;
    if (!begun.ok) throw new Error(begun.error.message);
    expect(await begun.value.call(run("a"))).toEqual(ok([true, true, true, true, true]));
    await begun.value.end();
    expect(ended).toEqual([]);
  });
});
