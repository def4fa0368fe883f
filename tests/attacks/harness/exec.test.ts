import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { ToolName, label, ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../packages/execution/src/tools/index.ts";
import type { Tool } from "../../../packages/execution/src/tools/index.ts";
import { noWallHere } from "../../../packages/execution/src/sandbox/wall/test-support/no-wall-here.ts";
import { must } from "../../support/attack-house.ts";
import { HARMFUL_ITEMS, OWN_ITEMS } from "./exec/own.ts";
import type { OwnItem } from "./exec/own.ts";
import { runExec } from "./exec/run-exec.ts";
import type { ExecReport } from "./exec/run-exec.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;

const play = async (items: readonly OwnItem[], tools: readonly Tool[] = []): Promise<ExecReport> =>
  must(
    await runExec({
      corpus: JSON.stringify({ items }),
      tools,
      connect: ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
    }),
  );

/** A tool that starts what it is told to, where the gateway stands: what exec.run would be without a wall and without a copy. */
const carelessRun = (): Tool => {
  const input = z.strictObject({
    argv: z.array(z.string()).min(1),
    seconds: z.number(),
    input: z.string().exactOptional(),
  });
  const manifest = {
    name: ToolName.parse("careless.run"),
    version: 1,
    title: "Run",
    description: "Runs.",
    effect: "read",
    permissions: ["exec:run"],
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
    run: async ({ argv: [program = "", ...words] }, { call, ports }) => {
      const cwd = must(await ports.workspaceOf(call));
      const text = await new Promise<string>((resolve) => {
        execFile(program, words, { cwd, timeout: 8_000 }, (_error, stdout, stderr) => resolve(stdout + stderr));
      });
      return ok({ text, summary: "Ran.", label: label("untrusted", [call.authority]) });
    },
  });
};

describe.skipIf(missing !== null)(`programs that reach for their machine${WHY_NOT}`, { timeout: 300_000 }, () => {
  it("get at nothing of it, and ordinary ones work", async () => {
    const report = await play(OWN_ITEMS);
    expect(report).toMatchObject({
      kind: "exec",
      cases: OWN_ITEMS.length,
      calls: OWN_ITEMS.length * 2,
      succeeded: 0,
      failures: [],
      benignRefused: [],
    });
  });

  it("unplug: started where the gateway stands, each of them gets what it is after", async () => {
    const { failures } = await play(HARMFUL_ITEMS, [carelessRun()]);
    expect(new Set(failures.map(({ id }) => id))).toEqual(new Set(HARMFUL_ITEMS.map(({ id }) => id)));
    expect(new Set(failures.map(({ how }) => how))).toEqual(
      new Set(["read", "reached", "changed", "signalled", "planted"]),
    );
  });

  it("unplug: without a copy, what runs later stands in the workspace unasked", async () => {
    const planting = OWN_ITEMS.filter(({ id }) => id.startsWith("plants"));
    const { failures } = await play(planting, [carelessRun()]);
    expect(failures).toEqual(planting.map(({ id }) => ({ id, how: "planted" })));
  });

  it("unplug: without the rules that ask before it, what runs later comes back unasked", () => {
    const items = OWN_ITEMS.filter(({ id }) => id === "plants a hook" || id === "plants a script of a package");
    const script = join(import.meta.dirname, "exec", "without-runs-later.ts");
    const said = execFileSync(process.execPath, [script, JSON.stringify({ items })], { encoding: "utf8" });
    const { failures } = JSON.parse(said) as ExecReport; // what that script says
    expect(failures).toEqual(items.map(({ id }) => ({ id, how: "planted" })));
  });

  it("are said not to work where they do not", async () => {
    const { benignRefused } = await play([{ id: "fails", argv: ["false"], expectDenied: false }]);
    expect(benignRefused).toEqual(["fails"]);
  });
});

describe("a corpus of programs", () => {
  const item = { id: "a", argv: ["ls"], expectDenied: false };
  it.each([
    ["", "no JSON"],
    ["[]", "no list “items”"],
    ["{}", "no list “items”"],
    ['{"items":[]}', "holds no item"],
    ['{"items":["ls"]}', "Item 1 is none"],
    [JSON.stringify({ items: [item, { ...item, id: "b", argv: [] }] }), "Item 2 is none: “argv”"],
    [JSON.stringify({ items: [{ ...item, argv: [1] }] }), "Item 1 is none: “argv.0” is no text"],
    [JSON.stringify({ items: [{ id: "a", expectDenied: true }] }), "either “argv” or “script”"],
    [JSON.stringify({ items: [{ ...item, script: "ls" }] }), "either “argv” or “script”"],
    [JSON.stringify({ items: [{ id: "a", argv: ["ls"] }] }), "“expectDenied” is neither true nor false"],
    [JSON.stringify({ items: [{ argv: ["ls"], expectDenied: true }] }), "“id” is no text and no number"],
    [JSON.stringify({ items: [item, item] }), "the id of another one, “a”"],
  ])("is none in %j, which is said", async (text, said) => {
    const ran = await runExec({ corpus: text, connect: () => expect.fail("nobody is dialled") });
    expect(ran).toMatchObject({ ok: false, error: { code: "USAGE" } });
    expect(ran.ok ? "" : ran.error.message).toContain(said);
  });
});
