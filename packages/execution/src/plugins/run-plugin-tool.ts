import { permissionOf } from "@moltbot/contracts";
import type { JsonObject, Label, Result, ToolCall } from "@moltbot/contracts";
import type { ToolOutput, ToolRun } from "../tools/index.ts";
import { hasSecretOf } from "./audience.ts";
import type { HostParts } from "./host-parts.ts";
import { sourcesToLearn } from "./instance.ts";
import type { Instance } from "./instance.ts";
import type { Loaded } from "./loaded-plugins.ts";
import { outputOfCall } from "./output-of-call.ts";
import type { PluginToRun } from "./plugin-host.ts";
import { overLimit, stopped } from "./refusals.ts";

/** Everything that had a part in what a plugin is told by a call. */
const toldBy = ({ label, values = {}, planned }: ToolCall): readonly Label[] => [
  label,
  ...Object.values(values),
  ...(planned?.from ?? []).map((from) => from.label),
];

/** Which events it has functions for, asked once, when one of its processes runs. */
const learnHandlers = async (one: Loaded, instance: Instance): Promise<void> => {
  if (one.handlers !== null || permissionOf(one.plugin.manifest, "events") === null) return;
  const said = await instance.describe();
  if (said.ok) one.handlers = new Set(said.value.events);
};

/** One admitted call of a plugin's tool, in the instance of its person and of those who may know what it carries. */
export const runPluginTool = async (
  { ports, loaded, rate, instances, controls }: HostParts,
  plugin: PluginToRun,
  tool: string,
  args: JsonObject,
  { call, scope, bounds, resources, signal }: ToolRun,
): Promise<Result<ToolOutput>> => {
  const { name, limits } = plugin.manifest;
  const one = loaded.find(name);
  if (one?.plugin !== plugin) return stopped(name, "it was removed or changed");
  const hosts = controls.permittedHosts(plugin, { resources });
  if (!hosts.ok) return hosts;
  if (!rate.take(`${name} ${call.authority}`, limits.callsPerMinute))
    return overLimit(name, `${String(limits.callsPerMinute)} calls in a minute`);
  const found = instances.of(
    plugin,
    call.authority,
    controls.audienceOf(call, hasSecretOf(plugin, call.authority, ports.secrets)),
  );
  if (!found.ok) return found;
  const instance = found.value;
  one.people.add(call.authority);
  instance.learn(sourcesToLearn(toldBy(call)));
  const run = { call, bounds };
  const made = await instance.call({ kind: "tool", name: tool, args, scope, run, hosts: hosts.value, signal });
  if (made.result.ok) void learnHandlers(one, instance);
  return outputOfCall(instance, call, made);
};
