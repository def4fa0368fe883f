import { BUILT_IN_TOOLS, defineTool } from "@moltbot/execution/tools";
import { ok } from "@moltbot/contracts";
import { z } from "zod";
import { describe, expect, it } from "vitest";
import { executorTools } from "./fittings.ts";
import { manifest } from "./operations/testing/fake-house.ts";
import { prepareStart } from "./run-gateway.ts";

const tool = (name: string) =>
  defineTool({
    manifest: manifest(name, "read"),
    input: z.strictObject({}),
    seconds: 1,
    describe: () => "Does nothing.",
    run: async (_args, { call }) => ok({ text: "", summary: "", label: call.label }),
  });

describe("fittings", () => {
  it("come beside the built-in tools, whose names they cannot take, nor each other's", () => {
    const names = (tools: Parameters<typeof executorTools>[0]) =>
      executorTools(tools).map(({ manifest: { name } }) => name);
    const own = BUILT_IN_TOOLS.map(({ manifest: { name } }) => name);
    expect(names({})).toEqual(own);
    expect(names({ tools: [tool("mail.send")] })).toEqual([...own, "mail.send"]);
    expect(() => names({ tools: [tool("web.fetch")] })).toThrow("two tools are called web.fetch");
    expect(() => names({ tools: [tool("a.b"), tool("a.b")] })).toThrow("two tools are called a.b");
  });

  it("cannot be reached by a flag, a setting or the environment", () => {
    const environment = { MOLTBOT_HOME: "/nowhere/moltbot", MOLTBOT_FITTINGS: '{"tools":[]}' };
    const wish = prepareStart({}, environment, () => undefined);
    if (!wish.ok) throw new Error(wish.error.code);
    expect(Object.keys(wish.value).toSorted()).toEqual([
      "acceptLoss",
      "home",
      "passphrase",
      "progress",
      "settings",
      "useKeychain",
    ]);
    for (const set of ["fittings.tools=[]", "fittings={}", "gateway.fittings={}", "models.fittings={}"])
      expect(prepareStart({ set: [set] }, environment, () => undefined)).toMatchObject({
        ok: false,
        error: { code: "CONFIG_UNKNOWN_KEY" },
      });
  });
});
