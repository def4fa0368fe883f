/** What the example plugins ask for, and that each does what its own cases say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PluginManifest, PluginTrialAnswer, effectOf } from "@moltbot/contracts";
import { runCases } from "@moltbot/plugin-sdk/testing";
import { describe, expect, it } from "vitest";
import { EXAMPLES, loadExample, readExample } from "./example-plugins.ts";

describe.each(EXAMPLES)("the example %s", (name) => {
  const { folder, manifest, source, cases } = readExample(name);

  it("is a plugin, and asks for at most two things", () => {
    const parsed = PluginManifest.parse(manifest);
    expect(parsed.name).toBe(name);
    expect(parsed.permissions.length).toBeGreaterThan(0);
    expect(parsed.permissions.length).toBeLessThanOrEqual(2);
    expect(effectOf(parsed)).toBe("fetch");
  });

  it("imports the SDK and nothing else", () => {
    expect([...source.matchAll(/^import .* from "([^"]+)";$/gm)].map(([, what]) => what)).toEqual([
      "@moltbot/plugin-sdk",
    ]);
    const code = source.replace(/\/\*[^]*?\*\/|(^|\s)\/\/[^\n]*/g, "");
    expect(code).toContain("export default definePlugin(");
    expect(code).not.toMatch(/\bimport\(|\brequire\(|globalThis|\bprocess\b|\beval\b/);
  });

  it("tries every tool, and more than what goes well", () => {
    expect(new Set(cases.map(({ tool }) => tool))).toEqual(new Set(manifest.tools.map((tool) => tool.name)));
    expect(
      cases.filter(({ expect: wanted }) => wanted?.includes?.includes('"problem":')).length,
    ).toBeGreaterThanOrEqual(3);
    expect(
      cases.flatMap(({ answers = [] }) => answers).every((answer) => PluginTrialAnswer.safeParse(answer).success),
    ).toBe(true);
  });

  it("does what its cases say, in the local runner", async () => {
    const reports = await runCases(await loadExample(name), manifest, { cases });
    expect(reports.filter(({ problems }) => problems.length > 0)).toEqual([]);
    expect(reports).toHaveLength(cases.length);
  });

  it("says in its README how it is installed, and names every permission", () => {
    const readme = readFileSync(join(folder, "README.md"), "utf8");
    expect(readme).toContain(`./moltbot plugin install examples/plugins/${name}`);
    for (const permission of manifest.permissions ?? []) expect(readme).toContain(`\`${permission.kind}\``);
  });
});
