import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createWall } from "../sandbox/index.ts";
import { createPluginKeeper, keeperGround } from "./process/create-plugin-keeper.ts";
import { callOf, openWorldOn, pluginOf, textOf } from "./testing/plugin-world.ts";

const wall = createWall();
const state = await wall.check();
const WHY_NOT = state.kind === "ready" ? "" : ` (skipped: ${state.problem})`;
const worker = fileURLToPath(new URL("../../../sandbox-runner/src/plugin-worker.ts", import.meta.url));

const SECRET_WORDS = "words of the author";

describe.skipIf(state.kind !== "ready")(`a plugin that cannot be loaded${WHY_NOT}`, { timeout: 30_000 }, () => {
  const world = openWorldOn(createPluginKeeper(keeperGround(wall, process.execPath, worker)));
  afterAll(() => world.host.close());
  const trying = async (source: string) => {
    const wish = { tool: "ask", arguments: { text: "x" }, answers: [], kept: {} };
    const tried = await world.host.try({ ...pluginOf(), source }, wish, new AbortController().signal);
    if (!tried.ok) throw new Error(tried.error.code);
    return tried.value;
  };

  it.each<readonly [string, string, RegExp]>([
    ["a syntax error", "export default {\n  tools: {\n    ask( => 1\n};", /Unexpected token.*main\.js:3/],
    ["TypeScript", "export default { tools: { ask: (a: string) => a } };", /Unexpected token.*main\.js:1/],
    ["an import of others", 'import fs from "node:fs";\nexport default {};', /it imports "node:fs"; only @moltbot/],
    ["CommonJS", "module.exports = { tools: {} };", /module is not defined/],
    ["no export", "const tools = {};", /could not be loaded: .*it has no export default definePlugin/],
    ["nothing at all", "", /could not be loaded: .*it has no export default definePlugin/],
    ["an error that it throws itself", `throw new Error("${SECRET_WORDS}");`, new RegExp(SECRET_WORDS)],
  ])("tells its author in a trial why: %s", async (_what, source, why) => {
    const { ok, result, problem, logged } = await trying(source);
    expect([ok, result, problem?.code]).toEqual([false, null, "PLUGIN_FAILED"]);
    expect(problem?.says).toMatch(why);
    expect(problem?.says).not.toContain("\n");
    expect(problem?.says).toContain(`could not be loaded: ${logged.at(-1) ?? "nothing"}`);
  });

  it("shows words that hide something as they are, in one line of bounded length", async () => {
    const { problem } = await trying(`throw new Error("a\\u202e\\n" + "b".repeat(100_000));`);
    expect(problem?.says).toContain("a⟨U+202E⟩");
    expect(problem?.says).not.toMatch(/[\n\u202e]/);
    expect(problem?.says.length).toBeLessThan(2_000);
  });

  it("shows neither the person who calls it nor a model its words", async () => {
    world.host.load({ ...pluginOf(), source: `throw new Error("${SECRET_WORDS}");` });
    const ran = await world.run(callOf("weather.ask", { text: "x" }));
    expect(textOf(ran)).toBe("PLUGIN_FAILED");
    expect(JSON.stringify([ran, world.logged, world.host.standing("weather")])).not.toContain(SECRET_WORDS);
  });
});
