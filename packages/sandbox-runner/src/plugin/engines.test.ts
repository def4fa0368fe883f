import { describe, expect, it } from "vitest";
import type { Engine } from "./engine.ts";
import { ENGINES, served, toolOf } from "./test-support/served.ts";

const valueOf = async (engine: (typeof ENGINES)[number], body: string, args: unknown = null): Promise<unknown> => {
  const { call } = await served(engine, toolOf(body));
  const { end, text } = await call("run", args);
  return end === "value" ? JSON.parse(text) : `${end}: ${text}`;
};

/** Ways by which plugins have looked for the house; each gives what it found, and "" where it found nothing. */
const ESCAPES: Readonly<Record<string, string>> = {
  "the constructor of what the host handed in": `
    const found = [host, host.http.fetch, host.log, args, host.http].map((one) => {
      try { return one.constructor.constructor("return typeof process + typeof require + typeof Buffer")(); } catch { return ""; }
    });
    return found.filter((one) => !["", "undefinedundefinedundefined"].includes(one)).join();`,
  "a promise of the host": `
    const made = host.storage.get("k"); made.catch(() => 0);
    return made instanceof Promise && made.constructor === Promise ? "" : "a strange promise";`,
  "an error of the host": `
    try { host.http.fetch(null); return "no error"; } catch (error) { return error instanceof TypeError ? "" : "a strange error"; }`,
  "an overflow of the stack in the host": `
    let caught = ""; const dig = () => { try { host.log("x"); dig(); } catch (error) { if (!(error instanceof Error)) caught = "strange"; throw error; } };
    try { dig(); } catch {} return caught;`,
  "call sites of the stack": `
    let found = "";
    Error.prepareStackTrace = (_, sites) => { for (const site of sites ?? []) { const one = site.getThis?.() ?? site.getFunction?.(); if (one !== undefined && one !== globalThis) found += typeof one; } return ""; };
    await new Promise((resolve) => { const value = { get then() { void new Error("x").stack; resolve(); return undefined; } }; Promise.resolve(value); });
    void new Error("x").stack; return found;`,
  "global names": `
    return ["process", "require", "module", "Buffer", "global", "fetch", "WebAssembly", "SharedArrayBuffer", "Atomics", "console", "setInterval", "queueMicrotask", "leave", "std", "os", "gc", "FinalizationRegistry", "WeakRef"].filter((name) => name in globalThis).join();`,
  "memory that is shared": `
    try { return typeof new Uint8Array(8).buffer.constructor.prototype.grow === "function" ? "grows" : ""; } catch { return ""; }`,
  "modules by name": `
    const found = []; for (const name of ["node:fs", "fs", "/moltbot/plugin/addon.node", "@moltbot/contracts", "./other.js", "data:text/javascript,1"])
      await import(name).then(() => found.push(name), () => 0);
    return found.join();`,
  "modules by code from text": `
    try { return await (0, eval)("import('node:fs')").then(() => "fs", () => ""); } catch { return ""; }`,
};

describe.each(ENGINES)("a plugin in the engine %s", (engine) => {
  it("gives what it makes of its arguments", async () => {
    expect(
      await valueOf(engine, "return { sum: args.a + args.b, odd: '\u2028\\ud800' };", { a: 1, b: 2 }),
    ).toMatchObject({
      sum: 3,
    });
  });

  it("names its tools and events; a plain object is a plugin too", async () => {
    const { began } = await served(engine, `export default { tools: { a() {}, b: 1 }, events: { "x:y": () => {} } };`);
    expect(began).toEqual({ type: "ready", tools: ["a"], events: ["x:y"] });
  });

  it.each([
    [`import fs from "node:fs"; export default {};`, "node:fs"],
    [`export * from "./other.js"; export default {};`, "./other.js"],
    ["export const tools = {};", ""],
    ["export default null;", ""],
    ["throw new Error('at once');", "at once"],
    ["await new Promise(() => {}); export default {};", ""],
    ["syntax error", ""],
    ["export const tools = { run() {} };", "export default"],
    ["const a = 1;\nconst b = a.b.c;\nexport default {};", "[main.js:2:"],
    ["export default new Proxy({}, { get() { throw new Error('trap'); } });", "trap"],
  ])("is not begun where its module is %s", async (source, word) => {
    const { began } = await served(engine, source);
    expect(began).toMatchObject({ type: "failed", problem: expect.stringContaining(word) as string });
  });

  it.each(["for (;;);", "const again = () => { Promise.resolve().then(again); }; again(); export default {};"])(
    "ends its process where its module is %s",
    async (source) => {
      expect((await served(engine, source)).began).toEqual({ type: "broken", by: "cpu" });
    },
  );

  it.each(Object.entries(ESCAPES))("finds nothing by %s", async (_, body) => {
    // One that digs until its limit has found nothing either.
    expect(["", "limit: cpu", "limit: memory"]).toContain(await valueOf(engine, body));
  });

  it("asks with its call's token, and goes on with the answer", async () => {
    const { said, call, handle } = await served(
      engine,
      toolOf(`return [await host.storage.get("a"), await host.tools.call("x", {}).catch((error) => error.code)];`),
    );
    const ended = call("run", null, "the-token");
    const asked = async (count: number) => {
      while (said.filter(({ type }) => type === "ask").length < count) await new Promise(setImmediate);
      return said.filter((one) => one.type === "ask").at(-1);
    };
    const first = await asked(1);
    expect(first).toMatchObject({ call: "the-token", method: "storage.get", params: '{"key":"a"}' });
    handle({ type: "answer", token: "the-token", id: first?.id ?? 0, code: "", text: '{"__proto__":1}' });
    const second = await asked(2);
    handle({ type: "answer", token: "the-token", id: second?.id ?? 0, code: "PLUGIN_MAY_NOT", text: "no" });
    expect(await ended).toMatchObject({ end: "value", text: '[{"__proto__":1},"PLUGIN_MAY_NOT"]' });
  });

  it("has a host that is dead after its call", async () => {
    const { call, said } = await served(
      engine,
      `let kept; export default { tools: { keep: (_, host) => { kept = host; }, use: () => kept.storage.get("k"), log: () => kept.log("late") } };`,
    );
    await call("keep");
    expect(await call("use")).toMatchObject({ end: "threw", text: expect.stringContaining("has ended") as string });
    expect(await call("log")).toMatchObject({ end: "threw" });
    expect(said.filter(({ type }) => type === "ask" || type === "log")).toEqual([]);
  });

  it("cannot lie to the bridge by changing the language", async () => {
    const { call, said } = await served(
      engine,
      `const lie = () => { throw new Error("lie"); };
       JSON.stringify = () => "false"; JSON.parse = lie; Promise.prototype.then = lie; Reflect.apply = lie; String.prototype.slice = lie;
       globalThis.Promise = lie; globalThis.Error = lie; Object.prototype.toJSON = () => "lie"; Object.defineProperty(Object.prototype, "token", { set: lie, get: () => "stolen" });
       export default { tools: { run: (args, host) => { void host.storage.get("k"); return 7; } } };`,
    );
    expect(await call("run", 1, "mine")).toMatchObject({ end: "value", text: "7" });
    expect(said.filter(({ type }) => type === "ask")).toMatchObject([{ call: "mine" }]);
  });

  it("has timers that end with its call", async () => {
    const { call, said } = await served(
      engine,
      toolOf(`if (args) { setTimeout(() => host.log("late"), 20); return 1; }
        const id = setTimeout(() => host.log("cleared"), 1); clearTimeout(id);
        return new Promise((resolve) => setTimeout(resolve, 5, 0));`),
    );
    expect(await call("run", true)).toMatchObject({ end: "value", text: "1" });
    expect(await call("run", false)).toMatchObject({ end: "value", text: "null" });
    await new Promise((resolve) => void setTimeout(resolve, 60));
    expect(said.filter(({ type }) => type === "log")).toEqual([]);
  });

  it.each([
    ["for (;;);", "cpu"],
    ["const again = () => { Promise.resolve().then(again); }; again(); return new Promise(() => {});", "cpu"],
    ["for (;;) await null;", "cpu"],
    ["return /^(a+)+$/.test('a'.repeat(40) + 'b');", "cpu"],
    // Each promise holds the one before it: it is a question of speed what it runs out of first.
    ["const again = () => Promise.resolve().then(again); return again();", "cpu|memory"],
    [
      "const spin = () => { const end = Date.now() + 40; while (Date.now() < end); setTimeout(spin, 1); }; spin(); return new Promise(() => {});",
      "cpu",
    ],
    ["return 'x'.repeat(20_000);", "output"],
    ["void host.storage.set('k', 'x'.repeat(20_000)); return 1;", "output"],
    ["for (;;) await host.storage.get('k');", "dropped"],
    ["for (let i = 0; i < 40; i += 1) host.storage.get('k').catch(() => 0); return 1;", "asks"],
    ["let deep = []; for (let i = 0; i < 100; i += 1) deep = [deep]; return deep;", "depth"],
  ])("is stopped where it does this: %s", async (body, limit) => {
    const { call, handle, broken } = await served(engine, toolOf(body));
    const began = performance.now();
    const ended = call("run", null, "one");
    if (limit === "dropped") setTimeout(() => handle({ type: "drop", token: "one" }), 50);
    const { end, text } = await ended;
    expect(end === "dropped" ? end : text).toMatch(new RegExp(`^(${limit})$`));
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(broken.length <= 1).toBe(true);
  });

  it.each([
    "return { toJSON() { throw new Error('no'); } };",
    "const a = {}; a.a = a; return a;",
    "return 1n;",
    "return Symbol();",
    "throw { get message() { for (;;); } };",
  ])("fails alone where it gives what is no JSON: %s", async (body) => {
    const { call } = await served(engine, toolOf(body));
    expect((await call("run")).end).toMatch(/threw|limit/);
  });

  it("unplug: with the language's globals left in, it shares memory and compiles machine code", async () => {
    const all = (limits: string): string =>
      limits.replace('"globals":[', '"globals":["SharedArrayBuffer","Atomics","WebAssembly",');
    const { call } = await served(
      engine,
      toolOf("return typeof SharedArrayBuffer + typeof Atomics;"),
      {},
      undefined,
      all,
    );
    expect(await call("run")).toMatchObject({
      // The interpreter's build has no threads, and so nothing that waits for one.
      text: engine === "isolate" ? '"functionobject"' : (expect.stringContaining("function") as string),
    });
  });

  it("digs as deep as its stack goes, and lives on", async () => {
    expect(await valueOf(engine, "const dig = () => dig(); try { dig(); } catch { return 'up again'; }")).toBe(
      "up again",
    );
  });

  it.each([
    ["return 'x'.repeat(20_000);", "output", { outputBytes: 100_000 }],
    ["host.storage.set('k', 'x'.repeat(20_000)).catch(() => 0); return 1;", "output", { outputBytes: 100_000 }],
    ["for (let i = 0; i < 6; i += 1) host.storage.get('k').catch(() => 0); return 1;", "asks", { asksPerCall: 6 }],
    [
      "const all = []; for (let i = 0; i < 7e6; i += 1) all.push(i + 0.5); return all.length;",
      "memory",
      { memoryMiB: 512 },
    ],
  ])("unplug: with a wider limit it does what was stopped: %s", async (body, limit, wider) => {
    const patient = { cpuMs: 5_000 };
    const { call } = await served(engine, toolOf(body), patient);
    const stopped = await call("run");
    // The interpreter says so as an error of the plugin's.
    expect(stopped.end === "threw" && limit === "memory" ? "memory" : stopped.text).toBe(limit);
    const { call: callFreely } = await served(engine, toolOf(body), { ...patient, ...wider });
    expect(await callFreely("run")).toMatchObject({ end: "value" });
  });

  it("unplug: without the look at its depth an answer goes out however deep it is", async () => {
    const deep = toolOf("let deep = []; for (let i = 0; i < 100; i += 1) deep = [deep]; return deep;");
    const { call } = await served(engine, deep, {}, undefined, undefined, () => false);
    expect(await call("run")).toMatchObject({ end: "value", text: "[".repeat(101) + "]".repeat(101) });
  });

  it("unplug: without the engine's clock a loop goes on for as long as somebody lets it", async () => {
    const timed = async (spoil?: (engine: Engine) => Engine): Promise<number> => {
      const { call, broken } = await served(engine, toolOf("for (;;);"), {}, spoil);
      const began = performance.now();
      expect(await call("run")).toMatchObject({ end: "limit", text: "cpu" });
      expect(broken).toEqual(["cpu"]);
      return performance.now() - began;
    };
    const strict = await timed();
    // For ever would be for ever here too: nobody else ends it in this process.
    const patient = await timed((same) => ({ ...same, enter: (words) => same.enter(words, 2_000) }));
    expect([strict < 1_500, patient >= 2_000]).toEqual([true, true]);
  });
});
