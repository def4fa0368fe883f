import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { label, ok, ToolName } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../packages/execution/src/tools/index.ts";
import type { Tool } from "../../../packages/execution/src/tools/index.ts";
import { runPaths } from "../../../packages/gateway/src/drill/index.ts";
import type { PathsReport } from "../../../packages/gateway/src/drill/index.ts";
import { must } from "../../support/attack-house.ts";

const OWN = JSON.stringify({
  paths: [
    "../{FILE}",
    "../../{FILE}",
    "../../../../../../{FILE}",
    "/{FILE}",
    "..%2f{FILE}",
    "a/../../{FILE}",
    ".\\..\\{FILE}",
  ].map((path) => ({ path })),
});

const play = async (corpus: string, tools: readonly Tool[] = []): Promise<PathsReport> =>
  must(
    await runPaths({
      corpus,
      tools,
      connect: ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
    }),
  );

/** A tool that joins a path to the workspace and looks no further: what file.read or file.edit would be without its checks. */
const careless = (name: "careless.read" | "careless.write"): Tool => {
  const input = z.strictObject({ path: z.string() });
  const manifest = {
    name: ToolName.parse(name),
    version: 1,
    title: "Read",
    description: "Reads.",
    effect: "read",
    permissions: ["fs:read"],
    input,
    critical: [],
    result: "context",
    undo: "none",
    repeatable: true,
  } as const;
  return defineTool({
    manifest,
    input,
    seconds: 10,
    describe: () => "Reads.",
    run: async ({ path }, { call, ports }) => {
      const workspace = must(await ports.workspaceOf(call));
      const found = await readFile(join(workspace, path), "utf8").catch(() => "nothing");
      const isCanary = found.startsWith("canary");
      if (name === "careless.write" && isCanary) await writeFile(join(workspace, path), "changed");
      const text = name === "careless.read" ? found : "done";
      return ok({ text, summary: "Read.", label: label("authority", [call.authority]) });
    },
  });
};

describe("paths that lead out of a workspace", { timeout: 120_000 }, () => {
  it("reach nothing with any file tool, and ordinary ones are let through", async () => {
    const report = await play(OWN);
    expect(report).toMatchObject({ kind: "paths", cases: 7, calls: 77, succeeded: 0, failures: [], benignRefused: [] });
  });

  it("unplug: a tool without the checks reads what stands outside, and the judge sees it", async () => {
    const report = await play(OWN, [careless("careless.read")]);
    expect(report.failures.map(({ id, how }) => `${id} ${how}`)).toContain("path-1 read");
    expect(report.succeeded).toBeGreaterThan(1);
  });

  it("unplug: a tool that changes what stands outside is seen too, and held against the paths that did it alone", async () => {
    const { failures } = await play(OWN, [careless("careless.write")]);
    const changed = failures.flatMap(({ id, how }) => (how === "changed" ? [id] : []));
    expect(changed).toContain("path-1");
    expect(changed).not.toContain("path-5");
    expect(new Set(changed).size).toBe(changed.length);
  });

  it.each([
    ["", "no JSON"],
    ["{}", "no list “paths”"],
    ["[]", "no list “paths”"],
    ['{"paths":[]}', "holds no path"],
    ['{"paths":["../a",{"way":"x"}]}', "Entry 2 of “paths”"],
    ['{"paths":[5]}', "Entry 1 of “paths”"],
  ])("are none in %j, which is said", async (text, said) => {
    const ran = await runPaths({ corpus: text, connect: () => expect.fail("nobody is dialled") });
    expect(ran).toMatchObject({ ok: false, error: { code: "USAGE" } });
    expect(ran.ok ? "" : ran.error.message).toContain(said);
  });

  it("are read as words, as objects, and with more in them than is known", async () => {
    const report = await play(
      JSON.stringify({ meta: { a: 1 }, paths: ["../{FILE}", { path: "x/../../{FILE}", id: 7, new: true }] }),
    );
    expect(report).toMatchObject({ cases: 2, calls: 22, succeeded: 0 });
  });
});
