import { err, label, moltbotError, ok } from "@moltbot/contracts";
import type { JsonObject, Readers, Result, ToolOutcome } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { ann, bob, callOf, HTTP, openWorld, pluginOf, readBy, TOOLS } from "../testing/plugin-world.ts";
import type { WorldWish } from "../testing/plugin-world.ts";

const NOT_THERE: Result<ToolOutcome> = err(moltbotError("NOT_FOUND", { kind: "file" }));
const PRIVATE: Result<ToolOutcome> = ok({ text: "of Ann", summary: "", label: label("authority", [ann]) });

/** All that a plugin hears when it asks a tool that looks among Ann's things. */
const heardOf = async (
  given: Result<ToolOutcome>,
  readers: Readers,
  permissions: readonly JsonObject[] = [TOOLS],
  wish: WorldWish = {},
): Promise<string> => {
  const { host, run, processes, world } = openWorld(wish);
  host.load(pluginOf(permissions));
  world.toolAnswer = () => given;
  let heard = "nothing";
  processes.act = async ({ ask }) => {
    heard = JSON.stringify(await ask("tools.call", { name: "memory.search", args: {} }));
    return ok(null);
  };
  await run(callOf("weather.ask", {}, readBy(readers)));
  return heard;
};

describe("a tool of the house that gives a plugin nothing", () => {
  it("does not tell whether there is something that not all may know, or nothing", async () => {
    for (const [readers, permissions] of [
      [[ann, bob], [TOOLS]],
      ["public", [TOOLS]],
      [[ann], [TOOLS, HTTP]],
    ] as const) {
      const there = await heardOf(PRIVATE, readers, permissions);
      expect(there).toContain("PLUGIN_MAY_NOT");
      expect(await heardOf(NOT_THERE, readers, permissions)).toBe(there);
    }
  });

  it("says by its code why, where the person for whom it runs is everybody who sees it", async () => {
    expect(await heardOf(NOT_THERE, [ann])).toContain("NOT_FOUND");
    expect(await heardOf(PRIVATE, [ann])).toContain("of Ann");
  });

  it("unplug: told apart, a plugin with the web learns bit by bit what lies among Ann's things", async () => {
    const wish = { controls: { mayBeTold: () => true } };
    const there = await heardOf(PRIVATE, [ann], [TOOLS, HTTP], wish);
    expect(await heardOf(NOT_THERE, [ann], [TOOLS, HTTP], wish)).not.toBe(there);
  });
});
