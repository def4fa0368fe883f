import { describe, expect, it } from "vitest";
import { done, err, moltbotError } from "@moltbot/contracts";
import type { PluginProcessWish } from "../process-port.ts";
import { callOf, codeOf, openWorldOn, pluginOf } from "../testing/plugin-world.ts";
import { createPluginKeeper } from "./create-plugin-keeper.ts";

const pause = (milliseconds = 20) => new Promise((resolve) => void setTimeout(resolve, milliseconds));
const trial = { tool: "ask", arguments: {}, answers: [], kept: {} };
const SLOW_MS = 1_000;

/** A host whose plugins take a second to load, unless their start is given up. */
const slowHost = () => {
  const loading = new Set<PluginProcessWish>();
  const keeper = createPluginKeeper({
    engine: "isolate",
    budget: { fault: () => undefined, mayStart: () => done, forget: () => undefined },
    most: 8,
    idleMs: 60_000,
    start: async (wish) => {
      loading.add(wish);
      await new Promise<unknown>((resolve) => {
        setTimeout(resolve, SLOW_MS);
        wish.signal.addEventListener("abort", resolve, { once: true });
      });
      loading.delete(wish);
      return err(moltbotError("PLUGIN_STOPPED", { plugin: wish.plugin, problem: "it was ended" }));
    },
  });
  return { ...openWorldOn(keeper), loading };
};

describe("what is still being loaded", () => {
  it.each(["endAll", "close"] as const)("is gone at once when everything is ended, trials too (%s)", async (way) => {
    const { host, run, loading } = slowHost();
    host.load(pluginOf());
    const call = run(callOf("weather.ask", {}));
    const tried = host.try(pluginOf(), trial, new AbortController().signal);
    await pause();
    expect(loading.size).toBe(2);
    const began = performance.now();
    await host[way]();
    expect([loading.size, performance.now() - began < SLOW_MS / 2]).toEqual([0, true]);
    expect([codeOf(await call), codeOf(await tried)]).toEqual(["PLUGIN_STOPPED", "PLUGIN_STOPPED"]);
  });

  it("is gone at once when its plugin is removed, or whoever tried it waits no more", async () => {
    const { host, run, loading } = slowHost();
    host.load(pluginOf());
    const call = run(callOf("weather.ask", {}));
    const over = new AbortController();
    const tried = host.try(pluginOf(), trial, over.signal);
    await pause();
    const began = performance.now();
    await host.unload("weather");
    expect(loading.size).toBe(1);
    over.abort();
    expect([codeOf(await call), codeOf(await tried), loading.size]).toEqual(["PLUGIN_STOPPED", "PLUGIN_STOPPED", 0]);
    expect(performance.now() - began).toBeLessThan(SLOW_MS / 2);
  });
});
