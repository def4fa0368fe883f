/** What `plugin new` writes works as it stands: for the runner, for the compiler, for the house. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin, PluginManifest } from "@moltbot/plugin-sdk";
import { templateFiles } from "@moltbot/plugin-sdk/template";
import { runCases } from "@moltbot/plugin-sdk/testing";
import type { PluginCases } from "@moltbot/plugin-sdk/testing";
import { afterAll, describe, expect, it } from "vitest";
import { problemsOfTypes } from "./check-types.ts";

// Inside the repository, so that the SDK is found from there.
const dist = join(import.meta.dirname, "..", "..", "dist");
mkdirSync(dist, { recursive: true });
const folder = mkdtempSync(join(dist, "template-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = new Map(templateFiles("greeter").map(({ path, text }) => [path, text]));
for (const [path, text] of files) writeFileSync(join(folder, path), text);

describe("a new plugin", () => {
  it("passes its own cases", async () => {
    const { default: plugin } = (await import(pathToFileURL(join(folder, "main.js")).href)) as { default: Plugin }; // ours
    const parsed = (path: string): unknown => JSON.parse(files.get(path) ?? "");
    const reports = await runCases(
      plugin,
      parsed("plugin.json") as PluginManifest,
      parsed("plugin.test.json") as PluginCases,
    ); // ours
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.filter(({ problems }) => problems.length > 0)).toEqual([]);
  });

  it("is written as the compiler wants it", () => {
    expect(problemsOfTypes(join(folder, "main.js"))).toBe("");
  });
});
