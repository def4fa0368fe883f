import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { ok } from "@moltbot/contracts";
import type { JsonObject, JsonValue, Result } from "@moltbot/contracts";
import { createWall } from "../../sandbox/index.ts";
import type { Begun, Wall } from "../../sandbox/index.ts";
import type { PluginProcessWish } from "../process-port.ts";
import { PROCESS_GUARDS } from "./live-calls.ts";
import type { ProcessGuards } from "./live-calls.ts";
import { startPluginProcess } from "./start-plugin-process.ts";
import { buildWorker } from "./test-support/built-worker.ts";
import { findWorkerPlaces } from "./worker-job.ts";

const state = await createWall().check();
const missing = state.kind === "ready" ? null : state.problem;
const because = missing === null ? "" : ` (skipped: ${missing})`;
const source = fileURLToPath(new URL("../../../../sandbox-runner/src/plugin-worker.ts", import.meta.url));
const hostile = fileURLToPath(new URL("test-support/hostile-worker.cjs", import.meta.url));
const places = findWorkerPlaces(process.execPath, source);
const ENGINES = (["isolate", "quickjs"] as const).filter((one) => one === "quickjs" || places.addonPath !== null);
const LIMITS = { cpuMs: 300, seconds: 4, memoryMiB: 32, outputBytes: 10_000, asksPerCall: 10 };
/** This machine may be busy: a clock on the wall goes on while others compute. */
const BUSY_MS = 1_500;
const built = await buildWorker(source);
afterAll(() => built.remove());

const folder = mkdtempSync(join(tmpdir(), "moltbot-plugin-"));
const canary = join(folder, "canary.txt");
writeFileSync(canary, "the-canary", { mode: 0o644 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = async (
  wish: Partial<PluginProcessWish>,
  {
    workerPath = built.path,
    wall,
    shape = (same) => same,
    guards = {},
  }: {
    workerPath?: string;
    wall?: Pick<Wall, "begin">;
    shape?: (begin: Wall["begin"]) => Wall["begin"];
    guards?: Partial<ProcessGuards>;
  } = {},
) => {
  const real = createWall();
  if (wall === undefined) await real.check();
  const ended: string[] = [];
  const started = await startPluginProcess(
    {
      ...places,
      workerPath,
      wall: { begin: shape((wall ?? real).begin) },
      guards: { ...PROCESS_GUARDS, ...guards },
    },
    {
      plugin: "weather",
      source: "export default {};",
      engine: "isolate",
      limits: LIMITS,
      signal: new AbortController().signal,
      ask: async ({ params }) => ok({ got: params }),
      log: () => undefined,
      ended: (why) => void ended.push(why),
      ...wish,
    },
  );
  if (!started.ok) throw new Error(started.error.message);
  let count = 0;
  const call = async (name: string, args: JsonObject = {}): Promise<Result<JsonValue>> => {
    const token = `token-${String((count += 1))}`;
    return started.value.call({ kind: "tool", name, args, token, signal: new AbortController().signal });
  };
  return { process: started.value, call, ended };
};
/** Waits until one process has ended; at most so many milliseconds. */
const someEnd = async (ended: readonly string[], milliseconds = 500 + BUSY_MS): Promise<readonly string[]> => {
  const began = performance.now();
  while (ended.length === 0 && performance.now() - began < milliseconds)
    await new Promise((resolve) => void setTimeout(resolve, 20));
  return ended;
};
const said = (result: Result<JsonValue>): unknown => (result.ok ? result.value : result.error.code);

/** No wall at all: the program as the gateway's own child. */
const noWall: Pick<Wall, "begin"> = {
  begin: (_, take) => {
    const child = spawn(process.execPath, [hostile], { env: { MOLTBOT_CANARY: "from-the-environment" } });
    child.stdout.on("data", (bytes: Uint8Array) => take(bytes, "output"));
    const ended: Begun["ended"] = new Promise((resolve) =>
      child.on("close", (exitCode) => resolve({ exitCode, stop: null })),
    );
    return ok({
      write: (bytes) => child.stdin.write(bytes) || true,
      closeInput: () => child.stdin.end(),
      end: () => void child.kill("SIGKILL"),
      residentBytes: async () => null,
      computedMs: () => null,
      ended,
    });
  },
};

const WORKERS = ENGINES.flatMap((engine) => [
  [engine, "built", built.path] as const,
  [engine, "source", source] as const,
]);
describe.skipIf(missing !== null).each(WORKERS)(
  `a plugin behind the wall, in %s, its worker as %s${because}`,
  (engine, _, workerPath) => {
    it("is described, called, answered and ended", async () => {
      const {
        process: plugin,
        call,
        ended,
      } = await start(
        {
          engine,
          source: `export default { tools: {
            twice: ({ n }) => n * 2, ask: (_, host) => host.storage.get("k"), late: () => new Promise((resolve) => setTimeout(resolve, 50, "late")),
          }, events: { "x:y"() {} } };`,
        },
        { workerPath },
      );
      expect(await plugin.describe()).toEqual(ok({ tools: ["twice", "ask", "late"], events: ["x:y"] }));
      const late = call("late");
      expect(
        await Promise.all([call("twice", { n: 2 }), call("ask"), call("nothing")].map(async (one) => said(await one))),
      ).toEqual([4, { got: { key: "k" } }, "PLUGIN_FAILED"]);
      expect([said(await late), said(await call("twice", { n: 3 }))]).toEqual([null, 6]);
      expect(plugin.residentBytes()).toBeGreaterThan(1_000_000);
      await plugin.end();
      expect([ended, said(await call("twice", { n: 1 }))]).toEqual([[], "PLUGIN_FAILED"]);
    });
  },
);

const nothing = (): void => undefined;
const NO_CLOCK: Partial<ProcessGuards> = {
  processorClock: () => ({ begin: nothing, end: nothing, close: nothing }),
};
/** What neither engine can be interrupted in. */
const ONE_STEP = "return 'a'.repeat(4e6).lastIndexOf('a'.repeat(2e6) + 'b');";

describe.skipIf(missing !== null).each(ENGINES)(`a plugin that takes what it can, in %s${because}`, (engine) => {
  it.each([
    ["a loop", "for (;;);"],
    ["a loop of jobs", "const f = () => { Promise.resolve().then(f); }; f(); return new Promise(() => {});"],
    ["a loop of jobs that hold each other", "const f = () => Promise.resolve().then(f); return f();"],
    ["an expression that backtracks", "return /^(a+)+$/.test('a'.repeat(40) + 'b');"],
    ["a large number", "let b = 3n; for (;;) b = b * b;"],
    ["a search in one step", ONE_STEP],
    ["a long list", "return new Array(1e8).fill(0).length;"],
    ["a long sort", "const a = Array.from({ length: 4e5 }, (_, i) => (i * 7919) % 4e5); for (;;) a.sort();"],
    ["lists", "const a = []; for (;;) a.push(new Array(1000).fill(1.1));"],
    ["buffers", "const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1));"],
    ["one buffer", "return new Uint8Array(1e9).fill(1).length;"],
    ["text", "let s = 'xy'; for (;;) { s += s; s.at(5); }"],
    ["promises", "const a = []; for (;;) a.push(new Promise(() => {}));"],
    ["an answer of many parts", "return new Array(3e7).fill('abcdefghijklmnopqrstuvwxyz');"],
  ])("is stopped in time by its limits where it is %s", async (_, body) => {
    const { process: plugin, call } = await start({
      engine,
      source: `export default { tools: { run() { ${body} } } };`,
    });
    const began = performance.now();
    expect(said(await call("run"))).toMatch(/^PLUGIN_(LIMIT|FAILED)$/);
    expect(performance.now() - began).toBeLessThan(LIMITS.cpuMs + 500 + BUSY_MS);
    await plugin.end();
  });

  it("is told that it computed too long, where it did, and the process is gone", async () => {
    for (const body of [
      "for (;;);",
      "const f = () => { Promise.resolve().then(f); }; f(); return new Promise(() => {});",
      ONE_STEP,
    ]) {
      const { call, ended } = await start({ engine, source: `export default { tools: { run() { ${body} } } };` });
      expect(await call("run")).toMatchObject({ error: { message: expect.stringContaining(": cpu") as string } });
      expect(await someEnd(ended)).toEqual(["it computed too long"]);
    }
  });
  it.each([
    "const f = () => { Promise.resolve().then(f); }; f();",
    `void Promise.resolve().then(() => { ${ONE_STEP} });`,
  ])("is ended where it goes on after its answer: %s", async (body) => {
    const { call, ended } = await start({ engine, source: `export default { tools: { run() { ${body} } } };` });
    await call("run");
    expect(await someEnd(ended)).toEqual(["it computed too long"]);
  });
  it("unplug: without the gateway's clock over it, one step lasts until nobody waits any more", async () => {
    const { call } = await start(
      { engine, source: `export default { tools: { run() { ${ONE_STEP} } } };` },
      { guards: NO_CLOCK },
    );
    const began = performance.now();
    expect(await call("run")).toMatchObject({ error: { message: expect.stringContaining("4 seconds") as string } });
    expect(performance.now() - began).toBeGreaterThan(LIMITS.seconds * 1_000 - 100);
  });
});

describe.skipIf(missing !== null)(`a worker that was taken over, behind the wall${because}`, () => {
  it("finds no file, no environment and nothing to write", async () => {
    const { call, process: worker } = await start({}, { workerPath: hostile });
    expect(said(await call("look", { file: canary }))).toBe("");
    await worker.end();
  });
  it("unplug: without the wall it finds them", async () => {
    const { call, process: worker } = await start({}, { wall: noWall });
    expect(said(await call("look", { file: canary }))).toContain("the-canaryfrom-the-environment");
    await worker.end();
  });

  /** The program without Node's own permissions. */
  const unflagged: (begin: Wall["begin"]) => Wall["begin"] = (begin) => (job, take) =>
    begin({ ...job, argv: job.argv.filter((word) => !/^--(?:permission|allow-)/.test(word)) }, take);
  const REACHES = { read: "", spawn: "", thread: "", inspector: "" };
  it("reads nothing that is behind the wall too, and starts nothing", async () => {
    const { call, process: worker } = await start({}, { workerPath: hostile });
    expect(said(await call("reach"))).toEqual(REACHES);
    await worker.end();
  });
  it("unplug: without the permissions of its runtime it does", async () => {
    const { call, process: worker } = await start({}, { workerPath: hostile, shape: unflagged });
    expect(said(await call("reach"))).toMatchObject({
      read: expect.stringContaining("Name:") as string,
      spawn: "spawned",
      thread: "threaded",
    });
    await worker.end();
  });

  it.each(["flood", "stare", "hoard"])("is ended when it does this: %s", async (name) => {
    const { call, ended } = await start({}, { workerPath: hostile });
    const began = performance.now();
    expect(said(await call(name))).toMatch(/^PLUGIN_(LIMIT|FAILED)$/);
    expect(performance.now() - began).toBeLessThan(LIMITS.seconds * 1_000 + 500);
    expect(await someEnd(ended)).toHaveLength(1);
  });
  it("is ended when it computes while nobody calls it", async () => {
    const { call, ended } = await start({}, { workerPath: hostile });
    expect(said(await call("later"))).toBe("later");
    expect(await someEnd(ended, 14_000)).toEqual(["it computed too long"]);
  }, 15_000);
  it("unplug: without the limit of memory it takes as much as it wants", async () => {
    let most = 0;
    const more: (begin: Wall["begin"]) => Wall["begin"] = (begin) => (job, take) =>
      begin({ ...job, limits: { ...job.limits, memoryBytes: 3e9 } }, take);
    const { call, process: worker } = await start({}, { workerPath: hostile, shape: more, guards: NO_CLOCK });
    const looking = setInterval(() => (most = Math.max(most, worker.residentBytes())), 10);
    const hoarding = call("hoard");
    while (most < 600e6) await new Promise((resolve) => void setTimeout(resolve, 10));
    clearInterval(looking);
    await worker.end();
    expect(said(await hoarding)).toBe("PLUGIN_FAILED");
  });
});
