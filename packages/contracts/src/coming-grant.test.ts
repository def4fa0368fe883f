import { describe, expect, it } from "vitest";
import { z } from "zod";
import { PLUGIN_GRANT, comesWithInstalled, pluginGrantBounds, skillGrantReason } from "./coming-grant.ts";
import { STARTING_GRANT } from "./capability.ts";
import { ToolName } from "./ids.ts";
import type { ToolManifest } from "./tool.ts";

const tool = (more: Partial<ToolManifest> = {}): ToolManifest => ({
  name: ToolName.parse("weather.forecast"),
  version: 1,
  title: "Forecast",
  description: "The weather of a place.",
  effect: "fetch",
  permissions: ["plugin:call", "net:connect"],
  input: z.strictObject({}),
  critical: [],
  result: "untrusted",
  undo: "none",
  repeatable: false,
  plugin: { name: "weather", hosts: ["api.test:443"] },
  ...more,
});
const bounds = [{ kind: "host-in", argument: "hosts", hosts: ["api.test:443"] }] as const;
const grant = {
  tool: tool().name,
  reason: PLUGIN_GRANT,
  permissions: ["plugin:call", "net:connect"],
  constraints: bounds,
};
const skillTool = tool({ name: ToolName.parse("skill.read"), effect: "read", permissions: ["skill:read"] });
const forSkill = (value: string, reason = skillGrantReason("tidy")) => ({
  tool: skillTool.name,
  reason,
  permissions: ["skill:read"],
  constraints: [{ kind: "equals", argument: "skill", value }] as const,
});

describe("what comes with a plugin's tool", () => {
  it("is bounded by its hosts where it fetches, by nothing where it reads, and is nothing where it sends", () => {
    expect(pluginGrantBounds(tool())).toEqual(bounds);
    expect(pluginGrantBounds(tool({ effect: "read" }))).toEqual([]);
    expect(pluginGrantBounds(tool({ effect: "send" }))).toBeNull();
    const { plugin: _plugin, ...own } = tool();
    expect(pluginGrantBounds(own)).toBeNull();
  });
});

describe("a grant that came with what is installed", () => {
  it("is one whose tool is there as it was", () => {
    expect(comesWithInstalled(grant, [tool()])).toBe(true);
    expect(comesWithInstalled(forSkill("tidy"), [skillTool])).toBe(true);
  });

  it.each<readonly [string, Partial<typeof grant> | Readonly<Record<string, unknown>>, readonly ToolManifest[]]>([
    ["its tool is gone", {}, []],
    ["its tool begins to send", {}, [tool({ effect: "send" })]],
    ["its tool only reads now", {}, [tool({ effect: "read" })]],
    ["its tool reaches more", {}, [tool({ plugin: { name: "weather", hosts: ["api.test:443", "b.test:443"] } })]],
    ["its tool reaches less", {}, [tool({ plugin: { name: "weather", hosts: [] } })]],
    ["its tool needs more", {}, [tool({ permissions: ["plugin:call", "net:connect", "plugin:use-tools"] })]],
    ["it is wider than what comes", { constraints: [] }, [tool()]],
    ["a person gave it", { reason: "I said so" }, [tool()]],
    ["it is of an agent's start", { reason: STARTING_GRANT }, [tool()]],
  ])("is none where %s", (_what, more, catalog) => {
    expect(comesWithInstalled({ ...grant, ...more }, catalog)).toBe(false);
  });

  it("is none for a skill where it names another, or more than one thing", () => {
    expect(comesWithInstalled(forSkill("other"), [skillTool])).toBe(false);
    expect(comesWithInstalled(forSkill("tidy", "I said so"), [skillTool])).toBe(false);
    expect(comesWithInstalled({ ...forSkill("tidy"), constraints: [] }, [skillTool])).toBe(false);
  });
});
