import { ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { callOf, HTTP, openWorld, pluginOf, STORAGE, textOf } from "../testing/plugin-world.ts";

describe("a box", () => {
  it("that was filled while nothing could leave is not there for an update that has the web", async () => {
    const { host, run, processes } = openWorld();
    host.load(pluginOf([STORAGE]));
    processes.act = ({ ask }) => ask("storage.set", { key: "k", value: "of Ann" });
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("null");
    processes.act = async ({ ask }) => {
      const [kept, keys] = [await ask("storage.get", { key: "k" }), await ask("storage.keys", {})];
      return ok([kept.ok ? kept.value : "refused", keys.ok ? keys.value : "refused"]);
    };
    expect(textOf(await run(callOf("weather.ask", {})))).toBe('["of Ann",["k"]]');
    host.load(pluginOf([STORAGE, HTTP], { version: "1.1.0" }));
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("[null,[]]");
  });

  it.each([
    ["a value that is left out", { key: "k" }],
    ["a number that JSON cannot write", { key: "k", value: [1, Number.POSITIVE_INFINITY] }],
  ])("takes no %s", async (_what, params) => {
    const { host, run, processes, box } = openWorld();
    host.load(pluginOf([STORAGE]));
    processes.act = ({ ask }) => ask("storage.set", params);
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("PLUGIN_MAY_NOT");
    expect([...box]).toEqual([]);
  });

  it("that is offered a hundred thousand numbers holds up the house for less than one look at each by a schema", async () => {
    const { host, run, processes } = openWorld();
    host.load(pluginOf([STORAGE]));
    const value = Array.from({ length: 100_000 }, () => 0);
    const fastest = async (act: () => unknown): Promise<number> => {
      const times: number[] = [];
      for (let at = 0; at < 5; at += 1) {
        const began = performance.now();
        await act();
        times.push(performance.now() - began);
      }
      return Math.min(...times);
    };
    processes.act = async ({ ask }) => ok(await fastest(() => ask("storage.set", { key: "k", value })));
    const asked = Number(textOf(await run(callOf("weather.ask", {}))));
    expect(asked).toBeLessThan((await fastest(() => z.json().safeParse(value))) / 2);
  });
});
