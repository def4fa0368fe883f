import type { PluginControls } from "./controls.ts";
import { createHearing } from "./hearing.ts";
import type { Hearing } from "./hearing.ts";
import { createInstance } from "./instance.ts";
import type { Instance } from "./instance.ts";
import { createInstances } from "./instances.ts";
import type { Instances } from "./instances.ts";
import { createLoadedPlugins } from "./loaded-plugins.ts";
import type { LoadedPlugins } from "./loaded-plugins.ts";
import { inNumbers } from "./limit-in-numbers.ts";
import { missingInWords, missingTools } from "./missing-tools.ts";
import type { PluginHostPorts, PluginToRun } from "./plugin-host.ts";
import type { Processes } from "./process-port.ts";
import { createRate } from "./rate.ts";
import type { Rate } from "./rate.ts";

const MOST_LINES_IN_A_MINUTE = 100;

/** What a host stands on beside its ports. */
export interface PluginHostGround {
  readonly processes: Processes;
  readonly controls: PluginControls;
}

/** What a host is put together from. */
export interface HostParts extends PluginHostGround {
  readonly ports: PluginHostPorts;
  readonly loaded: LoadedPlugins;
  readonly instances: Instances;
  readonly rate: Rate;
  readonly hearing: Hearing;
}

export const createHostParts = (ports: PluginHostPorts, ground: PluginHostGround): HostParts => {
  const { processes, controls } = ground;
  const loaded = createLoadedPlugins();
  const rate = createRate(() => ports.clock.monotonic());
  const isPluginTool = (name: string): boolean => loaded.find(name.split(".")[0] ?? name) !== undefined;
  let opened = 0;

  // What a plugin writes may be of what it was told: only how much it was is noted.
  const noteLine = (plugin: string) => (text: string) => {
    if (rate.take(`${plugin} logs`, MOST_LINES_IN_A_MINUTE))
      ports.log.debug("a plugin wrote a line", { plugin, characters: text.length });
  };
  const processOf = async (key: string, plugin: PluginToRun, instance: Instance) => {
    const { name } = plugin.manifest;
    const begun = await processes.of(key, plugin, instance.person, {
      ask: (ask) => instance.ask(ask),
      log: noteLine(name),
      ended: (why) => ports.log.info("a plugin's process ended", { plugin: name, why }),
    });
    const found = inNumbers(plugin.manifest, begun);
    const one = loaded.find(name);
    if (one?.plugin !== plugin) return found;
    if (found.ok) one.missing ??= missingTools(plugin.manifest, await found.value.describe());
    one.problem = found.ok ? missingInWords(one.missing ?? []) : found.error.message;
    return found;
  };
  const instances = createInstances((key, plugin, person, audience) => {
    opened += 1;
    // One that is ended is never found again under the key of a later one.
    const processKey = `${String(opened)} ${key}`;
    const parts = { ports, isPluginTool, checks: controls, findCall: controls.findCall };
    const instance: Instance = createInstance(
      { ...parts, process: () => processOf(processKey, plugin, instance) },
      plugin,
      person,
      audience,
    );
    return { key, instance, end: () => processes.end(processKey) };
  }, controls.keyOf);

  return { ...ground, ports, loaded, rate, hearing: createHearing(rate), instances };
};
