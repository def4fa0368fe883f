import { done } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { checkPlugin } from "./check-plugin.ts";
import { ALL_CONTROLS } from "./controls.ts";
import { hearEvent } from "./hear-event.ts";
import { createHostParts } from "./host-parts.ts";
import type { HostParts, PluginHostGround } from "./host-parts.ts";
import type { PluginHost, PluginHostPorts, PluginToRun } from "./plugin-host.ts";
import { pluginTool } from "./plugin-tool.ts";
import { createPluginKeeper, keeperGround } from "./process/create-plugin-keeper.ts";
import { missingInWords } from "./missing-tools.ts";
import { stopped } from "./refusals.ts";
import { runPluginTool } from "./run-plugin-tool.ts";
import { createTrials } from "./trials.ts";
import type { Trials } from "./trials.ts";

const remove = ({ loaded, hearing, rate, processes, instances }: HostParts, name: string): Promise<void> => {
  loaded.take(name);
  hearing.forget(`${name} `);
  rate.forget(`${name} `);
  processes.forget(name);
  return instances.endWhere(({ plugin }) => plugin.manifest.name === name);
};

const load = (parts: HostParts, plugin: PluginToRun): Result<void> => {
  const { name } = plugin.manifest;
  const fits = checkPlugin(plugin);
  if (!fits.ok) return fits;
  if (parts.loaded.find(name) !== undefined) void remove(parts, name);
  const tools = plugin.manifest.tools.map((declared) =>
    pluginTool(plugin, declared, (tool, args, run) => runPluginTool(parts, plugin, tool, args, run)),
  );
  parts.loaded.put({ plugin, tools, people: new Set(), handlers: null, missing: null, problem: null });
  return done;
};

/** Nothing goes on after a stop: also what waits to be heard starts no plugin before somebody called it again. */
const endAll = async ({ loaded, instances }: HostParts, trials: Trials): Promise<void> => {
  for (const one of loaded.all()) one.people.clear();
  await Promise.all([instances.endWhere(() => true), trials.end()]);
};

/** Builds the host on given processes and controls. */
export const createPluginHostOn = (ports: PluginHostPorts, ground: PluginHostGround): PluginHost => {
  const parts = createHostParts(ports, ground);
  const { loaded, instances, hearing, processes } = parts;
  const trials = createTrials(parts);
  let isClosed = false;
  const closed = (plugin: PluginToRun): Result<never> => stopped(plugin.manifest.name, "the gateway ends");
  return {
    load: (plugin) => (isClosed ? closed(plugin) : load(parts, plugin)),
    unload: (name) => remove(parts, name),
    tools: () => loaded.tools(),
    hear: (event) => hearEvent(parts, event),
    standing: (name) => ({ processes: processes.running(name), problem: loaded.find(name)?.problem ?? null }),
    startAnew: (name) => {
      processes.forget(name);
      const one = loaded.find(name);
      if (one !== undefined) one.problem = missingInWords(one.missing ?? []);
    },
    try: async (plugin, wish, signal) => (isClosed ? closed(plugin) : trials.begin(plugin, wish, signal)),
    endOf: (person) => {
      for (const one of loaded.all()) {
        one.people.delete(person);
        hearing.forget(`${one.plugin.manifest.name} ${person}`);
      }
      return instances.endWhere((instance) => instance.person === person);
    },
    endAll: () => endAll(parts, trials),
    close: async () => {
      isClosed = true;
      await Promise.all([...loaded.all().map(({ plugin }) => remove(parts, plugin.manifest.name)), trials.end()]);
    },
  };
};

/** The host, with real processes and every control in place. */
export const createPluginHost = (ports: PluginHostPorts): PluginHost => {
  const processes = createPluginKeeper(keeperGround(ports.wall, ports.nodePath, ports.workerPath));
  return createPluginHostOn(ports, { processes, controls: ALL_CONTROLS });
};
