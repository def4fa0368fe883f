import { setTimeout as pause } from "node:timers/promises";
import type { PluginTrialReport, Result } from "@moltbot/contracts";
import { checkPlugin } from "./check-plugin.ts";
import type { HostParts } from "./host-parts.ts";
import type { PluginToRun, PluginTrialWish } from "./plugin-host.ts";
import { overLimit, stopped } from "./refusals.ts";
import { tryPlugin } from "./trial.ts";

const MOST = 2;
/** After one that passed a limit: starts cost the machine, and what takes all it can at once could be begun many times a second. */
const REST_MS = 1_000;

/** Tries plugins, few at once. */
export interface Trials {
  begin(plugin: PluginToRun, wish: PluginTrialWish, signal: AbortSignal): Promise<Result<PluginTrialReport>>;
  /** Stops every one; resolves when their processes are gone. */
  end(): Promise<void>;
}

export const createTrials = ({ ports, processes }: Pick<HostParts, "ports" | "processes">): Trials => {
  const running = new Map<AbortController, Promise<unknown>>();
  let restsUntil = 0;
  const tryOnce = async (
    plugin: PluginToRun,
    wish: PluginTrialWish,
    signal: AbortSignal,
  ): Promise<Result<PluginTrialReport>> => {
    const rest = restsUntil - performance.now();
    if (rest > 0) await pause(rest, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return stopped(plugin.manifest.name, "its trial was given up");
    const report = await tryPlugin(ports, processes, plugin, wish, signal);
    if (report.ok && report.value.problem?.code === "PLUGIN_LIMIT") restsUntil = performance.now() + REST_MS;
    return report;
  };
  return {
    begin: async (plugin, wish, signal) => {
      const fits = checkPlugin(plugin);
      if (!fits.ok) return fits;
      if (running.size >= MOST) return overLimit(plugin.manifest.name, `${String(MOST)} trials at once`);
      const over = new AbortController();
      const trial = tryOnce(plugin, wish, AbortSignal.any([signal, over.signal]));
      running.set(over, trial);
      try {
        return await trial;
      } finally {
        running.delete(over);
      }
    },
    end: async () => {
      for (const over of running.keys()) over.abort();
      await Promise.allSettled(running.values());
    },
  };
};
