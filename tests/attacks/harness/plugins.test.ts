import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { ToolName, label, ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { noWallHere } from "../../../packages/execution/src/sandbox/wall/test-support/no-wall-here.ts";
import { defineTool } from "../../../packages/execution/src/tools/index.ts";
import type { Tool } from "../../../packages/execution/src/tools/index.ts";
import { missedBy } from "../../../scripts/attack/plugins.ts";
import { must } from "../../support/attack-house.ts";
import { pluginWorkers } from "../../support/plugin-workers.ts";
import type { PluginCase } from "./plugins/corpus.ts";
import { OWN_ITEMS } from "./plugins/own.ts";
import { runPlugins } from "./plugins/run-plugins.ts";
import type { PluginsReport } from "./plugins/run-plugins.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;

const play = async (items: readonly PluginCase[], tools: readonly Tool[] = []): Promise<PluginsReport> =>
  must(
    await runPlugins({
      corpus: JSON.stringify({ items }),
      tools,
      connect: ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
    }),
  );

/** A tool that is given every program, where the gateway stands. */
const toolOf = (name: string, run: (code: string) => Promise<string>): Tool => {
  const input = z.strictObject({ code: z.string() });
  const manifest = {
    name: ToolName.parse(name),
    version: 1,
    title: "Run",
    description: "Runs.",
    effect: "read",
    permissions: [],
    input,
    critical: [],
    result: "untrusted",
    undo: "none",
    repeatable: false,
  } as const;
  return defineTool({
    manifest,
    input,
    seconds: 20,
    describe: () => "Runs.",
    run: async ({ code }, { call }) =>
      ok({ text: await run(code), summary: "Ran.", label: label("untrusted", [call.authority]) }),
  });
};

/** Runs a program with all that Node has: what a plugin would be on a host that believes it. */
const carelessHost = (): Tool =>
  toolOf("careless.plugin", (code) => {
    const program = `(async () => { ${code}\n})().then((said) => console.log(String(said)), (error) => console.log(String(error)))`;
    return new Promise<string>((resolve) => {
      execFile(process.execPath, ["-e", program], { timeout: 8_000 }, (_error, out) => resolve(out));
    });
  });

/** Counts the workers of plugins once a case's were removed, and leaves another one behind where `stays` says so. */
const forgetfulHost = (stays: boolean): { tool: Tool; counted: readonly number[]; end(): void } => {
  const [counted, left]: [number[], ChildProcess[]] = [[], []];
  const program = ["-e", "setTimeout(() => undefined, 60_000)", "/moltbot/plugin/worker.cjs"];
  const tool = toolOf("forgetful.plugin", (code) => {
    counted.push(pluginWorkers().length);
    if (stays) left.push(spawn(process.execPath, program, { stdio: "ignore" }));
    return Promise.resolve(code);
  });
  return { tool, counted, end: () => left.forEach((one) => void one.kill("SIGKILL")) };
};

describe.skipIf(missing !== null)(`programs installed as plugins${WHY_NOT}`, { timeout: 300_000 }, () => {
  it("get at nothing, whatever shape they are read in", async () => {
    const report = await play(OWN_ITEMS);
    expect(report).toMatchObject({
      kind: "plugins",
      cases: OWN_ITEMS.length,
      succeeded: 0,
      failures: [],
      benignRefused: [],
    });
    expect(report.ran).toBe(OWN_ITEMS.length);
    expect(report.calls).toBeGreaterThanOrEqual(OWN_ITEMS.length * 4);
  });

  it("did not run where they are none in any shape, and such a corpus proves nothing", async () => {
    const report = await play([
      { id: "a bracket is missing", code: "return String(process.version" },
      { id: "a word is misspelt", code: "retrun process.env" },
      { id: "a module with a typo", code: "export default { tools: { run: () => process.version }" },
      { id: "types", code: "const a: string = process.version; return a" },
      {
        id: "a module with imports and a typo",
        code: 'import fs from "fs";\nexport default { tools: { run: ( => fs } };',
      },
      { id: "no text ends", code: "export default { tools: { run: () => `${1} } }" },
    ]);
    expect(report).toMatchObject({ cases: 6, ran: 0, succeeded: 0, failures: [], benignRefused: [] });
    expect(missedBy(report)).toEqual(["none of them ran"]);
  });

  it("ran, whatever they say of it: where they throw, never end, or deny it", async () => {
    const items = [
      { id: "throws", code: "throw new Error('can run by:')" },
      { id: "throws a typo of its own", code: "throw new SyntaxError('it could be compiled by nobody')" },
      { id: "denies it", code: "return 'can run by:'" },
      { id: "never ends", code: "for (;;);" },
      { id: "breaks what reads it", code: "globalThis.Function = null; Object.keys = () => []; return 1" },
      { id: "a module of functions", code: "export function look() { return typeof process }" },
      { id: "a module that exports nothing", code: "export {}; globalThis.seen = typeof process;" },
      {
        id: "a module with imports",
        code: 'import fs, { readFileSync as read } from "node:fs";\nimport * as os from "os";\nimport "net";\nexport default { tools: { run: () => typeof read } };',
      },
      { id: "a module whose tool throws", code: "export default { tools: { run: () => { throw 1 } } }" },
    ];
    const report = await play(items);
    expect(report).toMatchObject({ cases: items.length, ran: items.length, succeeded: 0, benignRefused: [] });
    expect(missedBy(report)).toEqual([]);
  });

  it("leave no process behind beside the witness’s, and one that stays is seen", async () => {
    const items = [{ id: "waits for ever", code: "return new Promise(() => undefined)" }];
    for (const stays of [false, true]) {
      const host = forgetfulHost(stays);
      try {
        const { failures } = await play(items, [host.tool]);
        expect(host.counted).toEqual([1]);
        expect(failures).toEqual(stays ? [{ id: "waits for ever", how: "stayed" }] : []);
      } finally {
        host.end();
      }
    }
    expect(pluginWorkers()).toEqual([]);
  });

  it("unplug: run where the gateway stands, each gets what it is after, and is seen to", async () => {
    const { failures, succeeded } = await play(OWN_ITEMS, [carelessHost()]);
    for (const { id, unheld } of OWN_ITEMS) expect(failures).toContainEqual({ id, how: unheld });
    expect(succeeded).toBe(OWN_ITEMS.length);
  });
});

describe("a corpus of plugins", () => {
  const item = { id: "a", code: "1" };
  it.each([
    ["", "no JSON"],
    ["[]", "no list “items”"],
    ["{}", "no list “items”"],
    ['{"items":[]}', "holds no item"],
    ['{"items":["1"]}', "Item 1 is none"],
    [JSON.stringify({ items: [item, { id: "b" }] }), "Item 2 is none: “code”"],
    [JSON.stringify({ items: [{ code: "1" }] }), "Item 1 is none: “id”"],
    [JSON.stringify({ items: [item, item] }), "the id of another one, “a”"],
  ])("is none in %j, which is said", async (text, said) => {
    const ran = await runPlugins({ corpus: text, connect: () => expect.fail("nobody is dialled") });
    expect(ran).toMatchObject({ ok: false, error: { code: "USAGE" } });
    expect(ran.ok ? "" : ran.error.message).toContain(said);
  });
});
