import type { JsonObject } from "@moltbot/contracts";
import { err, moltbotError, ok, PluginTrialAnswer } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import type { PluginTrialWish } from "./plugin-host.ts";
import { threw } from "./testing/fake-processes.ts";
import type { Act } from "./testing/fake-processes.ts";
import { callOf, EVENTS, HOST, HTTP, openWorld, pluginOf, SECRET, STORAGE, TOOLS } from "./testing/plugin-world.ts";

const url = `https://${HOST}/now`;
const answers = [PluginTrialAnswer.parse({ url: "https://api.example/now", body: "sunny" })];
const ALL = [HTTP, STORAGE, SECRET, EVENTS, TOOLS];

const tryWith = async (act: Act, wish: Partial<PluginTrialWish> = {}, permissions: readonly JsonObject[] = ALL) => {
  const world = openWorld();
  world.processes.act = act;
  const whole = { tool: "ask", arguments: { text: "x" }, answers: [], kept: {}, ...wish };
  const tried = await world.host.try(pluginOf(permissions), whole, new AbortController().signal);
  if (!tried.ok) throw new Error(tried.error.code);
  return { ...world, report: tried.value };
};

describe("a trial", () => {
  it("answers requests from its list, keeps in memory, and tells all that was asked", async () => {
    const { report, sent, box, emitted, nested, host } = await tryWith(
      async ({ wish, ask, log }) => {
        log(`given ${JSON.stringify(wish.args)}\u202e`);
        const before = await ask("storage.get", { key: "last" });
        const handle = await ask("secrets.handle", { name: "key" });
        const answer = await ask("http.fetch", { url, secret: handle.ok ? handle.value : null });
        await ask("storage.set", { key: "last", value: "sunny" });
        const after = await ask("storage.keys", {});
        await ask("events.emit", { name: "storm", data: 1 });
        return ok([before, answer, after].map((one) => (one.ok ? one.value : one.error.code)));
      },
      { answers, kept: { last: "rain" } },
    );
    expect(report.ok && JSON.parse(report.result ?? "")).toEqual([
      "rain",
      { status: 200, headers: {}, body: "sunny" },
      ["last"],
    ]);
    expect(report.asked).toEqual([
      { method: "storage.get", says: "last", refused: null },
      { method: "secrets.handle", says: "key", refused: null },
      { method: "http.fetch", says: url, refused: null },
      { method: "storage.set", says: "last", refused: null },
      { method: "storage.keys", says: "", refused: null },
      { method: "events.emit", says: "storm", refused: null },
    ]);
    expect(report.logged).toEqual(['given {"text":"x"}⟨U+202E⟩']);
    expect([sent, [...box], emitted, nested, host.tools()]).toEqual([[], [], [], [], []]);
  });

  it("refuses what has no answer, other hosts and tools of the house, and says so", async () => {
    const { report, sent, nested } = await tryWith(async ({ ask }) => {
      await ask("http.fetch", { url: `https://${HOST}/other` });
      await ask("http.fetch", { url: "https://evil.example/" });
      await ask("tools.call", { name: "clock.now", args: {} });
      return ok(null);
    });
    expect(report.asked.map(({ says, refused }) => [says, refused])).toEqual([
      [`https://${HOST}/other`, `The page at ${HOST} cannot be fetched: this trial has no answer for it.`],
      ["https://evil.example/", "The plugin weather may not do this: that host and port are not among its hosts."],
      ["clock.now", "The plugin weather may not do this: the tool was refused or failed with TOOL_UNKNOWN."],
    ]);
    expect([sent, nested]).toEqual([[], []]);
  });

  it("says how a call failed, and what does not fit before anything is started", async () => {
    const failing = await tryWith(async () => threw("it threw an error"));
    expect(failing.report).toMatchObject({ ok: false, result: null, problem: { code: "PLUGIN_FAILED" } });
    const other = await tryWith(async () => ok(null), { tool: "none" });
    expect([other.report.problem?.code, other.processes.started()]).toEqual(["TOOL_UNKNOWN", 0]);
    const unfit = await tryWith(async () => ok(null), { arguments: { text: 7 } });
    expect([unfit.report.problem?.code, unfit.processes.started()]).toEqual(["TOOL_ARGUMENTS_INVALID", 0]);
  });

  it("where nothing can be started is an error, and leaves nothing behind", async () => {
    const { host, processes } = openWorld();
    processes.problem = err(moltbotError("SANDBOX_UNAVAILABLE", { problem: "it is missing" }));
    const wish = { tool: "ask", arguments: {}, answers: [], kept: {} };
    const { signal } = new AbortController();
    for (let at = 0; at < 3; at += 1)
      expect(await host.try(pluginOf(), wish, signal)).toMatchObject({ error: { code: "SANDBOX_UNAVAILABLE" } });
  });

  it("says why a plugin cannot be loaded, in the words of its engine", async () => {
    const { host, processes } = openWorld();
    processes.problem = threw("it could not be loaded");
    processes.lastWords = "Unexpected token '}' [main.js:3:1]";
    const wish = { tool: "ask", arguments: {}, answers: [], kept: {} };
    const tried = await host.try(pluginOf(), wish, new AbortController().signal);
    expect(tried).toMatchObject({
      value: {
        ok: false,
        result: null,
        logged: ["Unexpected token '}' [main.js:3:1]"],
        problem: {
          code: "PLUGIN_FAILED",
          says: "The plugin weather failed: it could not be loaded: Unexpected token '}' [main.js:3:1]",
        },
      },
    });
  });

  it("names the tools that its manifest declares and its program does not have", async () => {
    const world = openWorld();
    world.processes.tools = ["other"];
    const wish = { tool: "ask", arguments: {}, answers: [], kept: {} };
    const tried = await world.host.try(pluginOf(), wish, new AbortController().signal);
    expect(tried.ok && tried.value.missing).toEqual(["ask"]);
    expect((await tryWith(async () => ok(null))).report.missing).toEqual([]);
  });

  it.each([
    ["cpu", "cpu, 200 ms"],
    ["memory", "memory, 16 MiB"],
    ["output", "output, 300 bytes"],
    ["asks", "asks, 3 in one call"],
    ["2 seconds", "2 seconds"],
    ["constructor", "constructor"],
  ])("names the limit that was passed with its number: %s", async (limit, words) => {
    const world = openWorld();
    world.processes.act = async () => err(moltbotError("PLUGIN_LIMIT", { plugin: "weather", limit }));
    const limits = { cpuMs: 200, memoryMiB: 16, outputBytes: 300, asksPerCall: 3 };
    const wish = { tool: "ask", arguments: {}, answers: [], kept: {} };
    const tried = await world.host.try(pluginOf([], { limits }), wish, new AbortController().signal);
    expect(tried.ok && tried.value.problem?.says).toBe(`The plugin weather passed its limit: ${words}.`);
  });

  it("does not wait in line: few run at once", async () => {
    const { host, processes } = openWorld();
    const held = Promise.withResolvers<void>();
    processes.act = async () => held.promise.then(() => ok(null));
    const wish = { tool: "ask", arguments: {}, answers: [], kept: {} };
    const { signal } = new AbortController();
    const two = [host.try(pluginOf(), wish, signal), host.try(pluginOf(), wish, signal)];
    expect(await host.try(pluginOf(), wish, signal)).toMatchObject({ error: { code: "PLUGIN_LIMIT" } });
    held.resolve();
    expect((await Promise.all(two)).map((one) => one.ok && one.value.ok)).toEqual([true, true]);
  });

  it("rests after one that passed a limit, and not after one that answered or threw: starts are few", async () => {
    const { host, processes } = openWorld();
    const wish = { tool: "ask", arguments: {}, answers: [], kept: {} };
    const { signal } = new AbortController();
    expect(await host.try(pluginOf(), wish, signal)).toMatchObject({ value: { ok: true } });
    processes.act = async () => threw("it threw an error");
    expect(await host.try(pluginOf(), wish, signal)).toMatchObject({ value: { problem: { code: "PLUGIN_FAILED" } } });
    processes.act = async () => err(moltbotError("PLUGIN_LIMIT", { plugin: "weather", limit: "memory" }));
    expect(await host.try(pluginOf(), wish, signal)).toMatchObject({ value: { problem: { code: "PLUGIN_LIMIT" } } });
    expect(processes.started()).toBe(3);
    const hasty = await host.try(pluginOf(), wish, AbortSignal.timeout(100));
    expect([hasty, processes.started()]).toMatchObject([{ error: { code: "PLUGIN_STOPPED" } }, 3]);
    processes.act = async () => ok("well");
    expect(await host.try(pluginOf(), wish, signal)).toMatchObject({ value: { ok: true } });
    expect(processes.started()).toBe(4);
  });
});

describe("how a plugin stands", () => {
  it("says why it cannot be started, until it can or is started anew", async () => {
    const { host, processes, run } = openWorld();

    host.load(pluginOf());
    processes.problem = err(moltbotError("PLUGIN_RESTARTS_SPENT", { plugin: "weather", minutes: 10 }));
    await run(callOf("weather.ask", {}));
    expect(host.standing("weather")).toEqual({
      processes: 0,
      problem: "The plugin weather failed too often and rests for 10 minutes.",
    });
    host.startAnew("weather");
    expect(host.standing("weather").problem).toBeNull();
    processes.problem = null;
    await run(callOf("weather.ask", {}));
    expect(host.standing("weather")).toEqual({ processes: 1, problem: null });
    expect(host.standing("nobody")).toEqual({ processes: 0, problem: null });
  });

  it("says which declared tools its program does not have, from its first start on", async () => {
    const { host, processes, run } = openWorld();
    const lacking = { processes: 1, problem: "Its main.js has no ask, which its manifest declares." };
    host.load(pluginOf());
    processes.tools = ["other"];
    expect(host.standing("weather").problem).toBeNull();
    await run(callOf("weather.ask", {}));
    expect(host.standing("weather")).toEqual(lacking);
    host.startAnew("weather");
    expect(host.standing("weather")).toEqual(lacking);
    host.load(pluginOf([], { version: "1.0.1" }));
    expect(host.standing("weather").problem).toBeNull();
  });
});
