import { randomUUIDv7 } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PluginTrialAnswer } from "@moltbot/contracts";
import type { JsonObject } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { createWall } from "../sandbox/index.ts";
import { createPluginHost } from "./create-plugin-host.ts";
import type { PluginToRun } from "./plugin-host.ts";
import { createPluginKeeper, keeperGround } from "./process/create-plugin-keeper.ts";
import {
  ann,
  answerOf,
  bob,
  callOf,
  EVENTS,
  HOST,
  HTTP,
  openWorldOn,
  pluginOf,
  readBy,
  scopeOf,
  SECRET,
  STORAGE,
  textOf,
  TOOLS,
} from "./testing/plugin-world.ts";
import type { WorldWish } from "./testing/plugin-world.ts";

const wall = createWall();
const state = await wall.check();
const WHY_NOT = state.kind === "ready" ? "" : ` (skipped: ${state.problem})`;
const worker = fileURLToPath(new URL("../../../sandbox-runner/src/plugin-worker.ts", import.meta.url));

/** Processes that this one started and that have not ended. */
const children = (): readonly string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      const [state, parent] = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return state !== "Z" && parent === String(process.pid);
    } catch {
      return false;
    }
  });

/** A plugin with real code: `asks` are the bodies of its tool and of its function for events. */
const codeOf = (permissions: readonly JsonObject[], tool: string, event = "", more: JsonObject = {}): PluginToRun => ({
  ...pluginOf(permissions, more),
  source: `import { definePlugin } from "@moltbot/plugin-sdk";
export default definePlugin({
  tools: { ask: async ({ text }, host) => { ${tool} } },
  events: { "reminder:fired": async (event, host) => { ${event} } },
});`,
});

const said = (text: string) => ({ text });

describe.skipIf(state.kind !== "ready")(`a plugin behind the wall${WHY_NOT}`, () => {
  const hosts: { close(): Promise<void> }[] = [];
  afterAll(async () => {
    for (const host of hosts) await host.close();
  });
  const open = (plugin: PluginToRun, wish: WorldWish = {}) => {
    const world = openWorldOn(createPluginKeeper(keeperGround(wall, process.execPath, worker)), wish);
    hosts.push(world.host);
    const loaded = world.host.load(plugin);
    if (!loaded.ok) throw new Error(loaded.error.message);
    return world;
  };

  it("cannot pass on through variables, prototypes or its box what other people may not know", async () => {
    const tool = `
      globalThis.known = [...(globalThis.known ?? []), text];
      Object.prototype.known = [...(Object.prototype.known ?? []), text];
      const boxed = await host.storage.get("known") ?? [];
      await host.storage.set("known", [...boxed, text]);
      return [globalThis.known, ({}).known, await host.storage.get("known")];`;
    const { run, host } = open(codeOf([STORAGE], tool));
    const ask = async (text: string, more = {}) => textOf(await run(callOf("weather.ask", said(text), more)));
    expect(await ask("of Ann")).toBe('[["of Ann"],["of Ann"],["of Ann"]]');
    expect(await ask("of both", readBy([ann, bob]))).toBe('[["of both"],["of both"],["of both"]]');
    expect(await ask("of Bob", { authority: bob })).toBe('[["of Bob"],["of Bob"],["of Bob"]]');
    expect(await ask("later")).toBe('[["of Ann","later"],["of Ann","later"],["of Ann","later"]]');
    expect(host.standing("weather").processes).toBe(3);
  });

  it("unplug: in one process for all, what Ann alone may know comes out where Bob reads", async () => {
    const tool = "globalThis.known = [...(globalThis.known ?? []), text]; return globalThis.known;";
    const { run } = open(codeOf([], tool), { controls: { keyOf: ({ digest }) => digest } });
    await run(callOf("weather.ask", said("of Ann")));
    expect(textOf(await run(callOf("weather.ask", said("of both"), readBy([ann, bob]))))).toContain("of Ann");
  });

  it("reaches what its permissions name, each by its own way, and hears refusals by their code", async () => {
    const tool = `
      const secret = await host.secrets.handle("key");
      const answer = await host.http.fetch({ url: "https://${HOST}/now", secret });
      await host.events.emit("storm", { at: 1 });
      const time = await host.tools.call("clock.now", {});
      const codes = [];
      for (const wrong of [
        () => host.http.fetch({ url: "https://evil.example/" }),
        () => host.http.fetch({ url: "https://${HOST}@evil.example/" }),
        () => host.http.fetch({ url: "https://${HOST}/", headers: { authorization: "x" } }),
        () => host.http.fetch({ url: "https://${HOST}/", secret: "key" }),
        () => host.secrets.handle("other"),
        () => host.tools.call("file.write", {}),
        () => host.storage.get("k"),
      ]) await wrong().catch((error) => codes.push(error.code));
      return { body: answer.body, status: answer.status, time, codes, secret: typeof secret };`;
    const secrets = { ownNamed: () => null, mayUseHouse: async () => true };
    const { run, sent, emitted, nested } = open(codeOf([HTTP, SECRET, EVENTS, TOOLS], tool), { ports: { secrets } });
    const ran = await run(callOf("weather.ask", said("x")));
    expect(JSON.parse(textOf(ran))).toEqual({
      body: "sunny",
      status: 200,
      time: "12:00",
      codes: ["PLUGIN_MAY_NOT", "URL_INVALID", ...Array.from({ length: 5 }, () => "PLUGIN_MAY_NOT")],
      secret: "string",
    });
    expect(sent.map(({ url, secret }) => [url, secret?.name])).toEqual([[`https://${HOST}/now`, "key"]]);
    expect([emitted.length, nested.length]).toEqual([1, 1]);
  });

  it("that keeps the host of an earlier call, or of another's, gets nothing by it", async () => {
    const tool = `
      const old = globalThis.old;
      globalThis.old = host;
      if (old === undefined) return "kept";
      try {
        await old.http.fetch({ url: "https://${HOST}/" });
        return "reached";
      } catch {
        return "refused";
      }`;
    const { run, sent } = open(codeOf([HTTP], tool));
    expect(textOf(await run(callOf("weather.ask", said("x"))))).toBe("kept");
    expect(textOf(await run(callOf("weather.ask", said("x"))))).toBe("refused");
    expect(sent).toEqual([]);
  });

  it("hears of an event with its box and no way out", async () => {
    const event = `
      const codes = [];
      for (const way of [
        () => host.http.fetch({ url: "https://${HOST}/" }),
        () => host.tools.call("clock.now", {}),
        () => host.events.emit("storm", 1),
        () => host.secrets.handle("key"),
      ]) await way().catch((error) => codes.push(error.code));
      await host.storage.set("heard", { event, codes });`;
    const tool = 'return (await host.storage.get("heard"))';
    const { run, host, sent, emitted, nested } = open(codeOf([HTTP, STORAGE, SECRET, EVENTS, TOOLS], tool, event));
    await run(callOf("weather.ask", said("x")));
    const fired = {
      id: randomUUIDv7(),
      name: "reminder:fired",
      version: 1,
      at: "2026-11-23T10:00:00.000Z",
      tenantId: scopeOf(ann).tenantId,
      audience: [ann],
      payload: { message: "canary" },
    } as unknown as Parameters<typeof host.hear>[0]; // only name, time and audience are looked at
    await expect
      .poll(async () => {
        host.hear(fired);
        const { ok, value } = { value: null, ...(await run(callOf("weather.ask", said("x")))) };
        return ok && value !== null ? value.text : "";
      })
      .toContain("reminder:fired");
    const heard: unknown = JSON.parse(textOf(await run(callOf("weather.ask", said("x")))));
    expect(heard).toEqual({
      event: { name: "reminder:fired", at: "2026-11-23T10:00:00.000Z" },
      codes: Array.from({ length: 4 }, () => "PLUGIN_MAY_NOT"),
    });
    expect([sent, emitted, nested]).toEqual([[], [], []]);
  });

  it("that loops, throws or floods fails by name, and the next call runs", async () => {
    const tool = `
      if (text === "loop") for (;;);
      if (text === "throw") throw new Error("canary-of-the-error");
      if (text === "flood") return "x".repeat(1_000_000);
      if (text === "asks") for (let at = 0; at < 30; at += 1) await host.storage.get("k");
      return text;`;
    const { run, logged } = open(codeOf([STORAGE], tool, "", { limits: { cpuMs: 200, seconds: 5 } }));
    const ask = async (text: string) => run(callOf("weather.ask", said(text)));
    expect(textOf(await ask("well"))).toBe("well");
    expect(textOf(await ask("flood"))).toBe("PLUGIN_LIMIT");
    expect(textOf(await ask("asks"))).toBe("PLUGIN_LIMIT");
    const thrown = await ask("throw");
    expect(textOf(thrown)).toBe("PLUGIN_FAILED");
    expect(JSON.stringify([thrown, logged])).not.toContain("canary-of-the-error");
    expect(textOf(await ask("loop"))).toBe("PLUGIN_LIMIT");
    // The process that looped is on its way out for a moment.
    await expect.poll(async () => textOf(await ask("well")), { timeout: 10_000 }).toBe("well");
  });

  it("leaves no process when it is removed, in the middle of a call too", async () => {
    const tool = 'if (text === "wait") await new Promise((resolve) => setTimeout(resolve, 10_000)); return text;';
    const world = open(codeOf([], tool));
    const before = children();
    await world.run(callOf("weather.ask", said("x")));
    expect(children()).toHaveLength(before.length + 1);
    const waiting = world.run(callOf("weather.ask", said("wait")));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await world.host.unload("weather");
    expect(textOf(await waiting)).toBe("PLUGIN_STOPPED");
    expect([world.host.standing("weather"), world.host.tools()]).toEqual([{ processes: 0, problem: null }, []]);
    expect(children()).toEqual(before);
  });

  it("is tried in a house that is not there, with what it asked told", async () => {
    const { ports, sent, box } = openWorldOn(createPluginKeeper(keeperGround(wall, process.execPath, worker)));
    const host = createPluginHost({ ...ports, wall, nodePath: process.execPath, workerPath: worker });
    hosts.push(host);
    const tool = `
      host.log("asked for " + text);
      const { body } = await host.http.fetch({ url: "https://${HOST}/now" });
      await host.storage.set("last", body);
      return { body, before: await host.storage.keys("") };`;
    const tried = await host.try(
      codeOf([HTTP, STORAGE], tool),
      {
        tool: "ask",
        arguments: said("Bern"),
        answers: [PluginTrialAnswer.parse({ url: `https://${HOST}/now`, body: "rain" })],
        kept: { first: 1 },
      },
      new AbortController().signal,
    );
    expect(tried).toMatchObject({
      ok: true,
      value: {
        ok: true,
        result: '{"body":"rain","before":["first","last"]}',
        problem: null,
        asked: [
          { method: "http.fetch", says: `https://${HOST}/now`, refused: null },
          { method: "storage.set", says: "last", refused: null },
          { method: "storage.keys", says: "", refused: null },
        ],
        logged: ["asked for Bern"],
      },
    });
    expect([sent, [...box], answerOf("").status]).toEqual([[], [], 200]);
  });
});
