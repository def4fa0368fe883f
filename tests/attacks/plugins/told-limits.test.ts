/** What the house says of limits, held against what it does: the tests that fail are its promises to plugins and their owners that do not hold yet. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noWallHere } from "../../../packages/execution/src/sandbox/wall/test-support/no-wall-here.ts";
import { tool } from "./hostile/hostile-plugin.ts";
import { openPluginHouse, packageOf } from "./plugin-house.ts";
import type { PlayedCall, PluginHouse } from "./plugin-house.ts";

const missing = noWallHere();
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;

describe.skipIf(missing !== null)(`limits as they are told${WHY_NOT}`, { timeout: 60_000 }, () => {
  let place: PluginHouse;
  beforeAll(async () => {
    place = await openPluginHouse();
  }, 90_000);
  afterAll(() => place.close());

  let serial = 0;
  const run = async (
    code: string,
    limits: Readonly<Record<string, number>> = {},
    permissions: readonly unknown[] = [],
    tools: readonly string[] = ["run"],
  ): Promise<readonly PlayedCall[]> => {
    const name = `limits${String((serial += 1))}`;
    const made = packageOf(name, { code, permissions, tools }, place.key, {
      limits: { cpuMs: 250, seconds: 20, ...limits },
    });
    expect(await place.install(made)).toMatchObject({ ok: true });
    const calls = await place.call(tools.map((one) => ({ tool: `${name}.${one}` })));
    await place.remove(name);
    return calls;
  };

  it("a loop in a call is ended by its processor time, long before its limit of seconds", async () => {
    const [call] = await run(tool("for (;;);"));
    expect(call).toMatchObject({ code: "PLUGIN_LIMIT" });
    expect(call?.milliseconds).toBeLessThan(4_000);
  });

  // A module has two seconds of processor time of its own, whatever `cpuMs` says, and its end is told as a failure and not as a limit.
  it("a loop while the module is loaded is told as a limit, like one in a call", async () => {
    const [call] = await run("for (;;); export default { tools: { run: () => 1 } };", { cpuMs: 50 });
    expect(call).toMatchObject({ code: "PLUGIN_LIMIT" });
  });

  it.each([
    ["strings that double", `let a = "a"; for (;;) { a += a; JSON.stringify(a); }`],
    ["an iterator without an end", `return Array.from({ length: 1e9 }, (_, at) => ({ at }));`],
    ["a text that becomes JSON", `return JSON.parse("[" + '{"a":[1,2,3]},'.repeat(3_000_000) + "1]").length;`],
  ])("memory that runs out in %s is told as a limit", async (_which, body) => {
    const [call] = await run(tool(body), { cpuMs: 5_000, memoryMiB: 24 });
    expect(call).toMatchObject({ code: "PLUGIN_LIMIT" });
    expect(call?.text).toContain("memory");
  });

  // plugin-sdk/host.ts: "A refusal is a `HostError`", which has a code; this one has none.
  it("a host that is used after its call refuses with a code", async () => {
    const code = `let kept; export default { tools: { run: async (args, host) => { kept = host; return "kept"; }, next: async () => { try { await kept.storage.get("a"); return "no refusal"; } catch (error) { return String(error.code); } } } };`;
    const [, next] = await run(
      code,
      {},
      [{ kind: "storage", bytes: 1_000, why: "It keeps something." }],
      ["run", "next"],
    );
    expect(next?.text).toMatch(/^PLUGIN_/);
  });

  // plugin-sdk/host.ts: "one ask more is PLUGIN_LIMIT", thrown; the 33rd at once ends the call, whatever `asksPerCall` is.
  it("as many asks as the manifest allows can be on their way at once", async () => {
    const body = `const all = await Promise.all(Array.from({ length: 40 }, (_, at) => host.storage.get("k" + at))); return "asked " + all.length;`;
    const [call] = await run(tool(body), { asksPerCall: 60 }, [
      { kind: "storage", bytes: 1_000, why: "It keeps something." },
    ]);
    expect(call).toMatchObject({ status: "ok", text: "asked 40" });
  });
});
