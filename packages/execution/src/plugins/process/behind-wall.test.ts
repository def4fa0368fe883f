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
import { startPluginProcess } from "./start-plugin-process.ts";
import { findWorkerPlaces } from "./worker-job.ts";

const state = await createWall().check();
const missing = state.kind === "ready" ? null : state.problem;
const because = missing === null ? "" : ` (skipped: ${missing})`;
const source = fileURLToPath(new URL("../../../../sandbox-runner/src/plugin-worker.ts", import.meta.url));
const hostile = fileURLToPath(new URL("test-support/hostile-worker.cjs", import.meta.url));
const places = findWorkerPlaces(process.execPath, source);
const ENGINES = (["isolate", "quickjs"] as const).filter((one) => one === "quickjs" || places.addonPath !== null);
const LIMITS = { cpuMs: 300, seconds: 4, memoryMiB: 32, outputBytes: 10_000, asksPerCall: 10 };

const folder = mkdtempSync(join(tmpdir(), "moltbot-plugin-"));
const canary = join(folder, "canary.txt");
writeFileSync(canary, "the-canary", { mode: 0o644 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = async (
  wish: Partial<PluginProcessWish>,
  {
    workerPath = source,
    wall,
    shape = (same) => same,
  }: { workerPath?: string; wall?: Pick<Wall, "begin">; shape?: (begin: Wall["begin"]) => Wall["begin"] } = {},
) => {
  const real = createWall();
  if (wall === undefined) await real.check();
  const ended: string[] = [];
  const started = await startPluginProcess(
    { ...places, workerPath, wall: { begin: shape((wall ?? real).begin) } },
    {
      plugin: "weather",
      source: "export default {};",
      engine: "isolate",
      limits: LIMITS,
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
      ended,
    });
  },
};

describe.skipIf(missing !== null).each(ENGINES)(`a plugin behind the wall, in %s${because}`, (engine) => {
  it("is described, called, answered and ended", async () => {
    const {
      process: plugin,
      call,
      ended,
    } = await start({
      engine,
      source: `export default { tools: { twice: ({ n }) => n * 2, ask: (_, host) => host.storage.get("k") }, events: { "x:y"() {} } };`,
    });
    expect(await plugin.describe()).toEqual(ok({ tools: ["twice", "ask"], events: ["x:y"] }));
    expect(
      await Promise.all([call("twice", { n: 2 }), call("ask"), call("nothing")].map(async (one) => said(await one))),
    ).toEqual([4, { got: { key: "k" } }, "PLUGIN_FAILED"]);
    expect(plugin.residentBytes()).toBeGreaterThan(1_000_000);
    await plugin.end();
    expect([ended, said(await call("twice", { n: 1 }))]).toEqual([[], "PLUGIN_FAILED"]);
  });

  it.each([
    ["a loop", "for (;;);"],
    ["a loop of jobs", "const f = () => Promise.resolve().then(f); return f();"],
    ["an expression that backtracks", "return /^(a+)+$/.test('a'.repeat(40) + 'b');"],
    ["a large number", "let b = 3n; for (;;) b = b * b;"],
    ["a function that cannot be interrupted", "return new Array(1e8).fill(0).length;"],
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
    expect(performance.now() - began).toBeLessThan(LIMITS.seconds * 1_000 + 500);
    await plugin.end();
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

  it.each(["flood", "stare", "hoard"])("is ended when it does this: %s", async (name) => {
    const { call, ended } = await start({}, { workerPath: hostile });
    const began = performance.now();
    expect(said(await call(name))).toMatch(/^PLUGIN_(LIMIT|FAILED)$/);
    expect(performance.now() - began).toBeLessThan(LIMITS.seconds * 1_000 + 500);
    await new Promise((resolve) => void setTimeout(resolve, 300));
    expect(ended).toHaveLength(1);
  });
  it("unplug: without the limit of memory it takes as much as it wants", async () => {
    let most = 0;
    const more: (begin: Wall["begin"]) => Wall["begin"] = (begin) => (job, take) =>
      begin({ ...job, limits: { ...job.limits, memoryBytes: 3e9 } }, take);
    const { call, process: worker } = await start({}, { workerPath: hostile, shape: more });
    const looking = setInterval(() => (most = Math.max(most, worker.residentBytes())), 10);
    const hoarding = call("hoard");
    while (most < 600e6) await new Promise((resolve) => void setTimeout(resolve, 10));
    clearInterval(looking);
    await worker.end();
    expect(said(await hoarding)).toBe("PLUGIN_FAILED");
  });
});
