import { writeFile } from "node:fs/promises";
import type { PluginInfo } from "@moltbot/contracts";
import color from "picocolors";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { textOption, usage, wordsOf } from "../usage.ts";
import { NOT_AGREED, askerOf } from "./agree.ts";
import type { PackageAsker } from "./agree.ts";
import { agentsNamed, checkHosts, hostsIn, vaultFor } from "./choices.ts";
import { pluginNamed } from "./plugin-named.ts";
import { settled } from "./settled.ts";
import { pluginText, pluginsText } from "./show-plugins.ts";
import { counted } from "./wrapped.ts";

type Options = Readonly<Record<string, unknown>>;

/** `plugin list [NAME]` */
export const listPlugins = async (context: CommandContext, name: string): Promise<void> => {
  if (name === "") {
    const plugins = await context.call("plugins.list", {});
    return context.output.data(plugins, () => pluginsText(plugins));
  }
  const plugin = await pluginNamed(context, name);
  if (context.output.json) return context.output.data(plugin, () => "");
  const agents = plugin.agents.length === 0 ? [] : await context.call("agents.list", {});
  const names = plugin.agents.map((id) => agents.find((agent) => agent.id === id)?.name ?? id);
  const vault = await vaultFor(context, plugin.manifest);
  context.output.data(plugin, () => pluginText(plugin, names, vault));
};

type Change =
  | { readonly enabled: boolean }
  | { readonly hosts: string[] }
  | { readonly agents: PluginInfo["agents"][number][] }
  | { readonly refuse: true };

const change = async (
  context: CommandContext,
  { name }: Pick<PluginInfo, "name">,
  wish: Change,
  says: string,
): Promise<void> => {
  const look = `\`./moltbot plugin list ${name}\` says whether it did.`;
  const changed = await settled(context.call("plugins.change", { name, ...wish }), look);
  context.output.data(changed, () => `${color.green("✓")} ${changed.name} ${says}`);
};

/** `plugin start NAME` and `plugin stop NAME` */
export const turnPlugin = async (context: CommandContext, name: string, enabled: boolean): Promise<void> =>
  change(
    context,
    await pluginNamed(context, name),
    { enabled },
    enabled ? "runs again" : "is stopped: its tools are gone until it is started",
  );

/** `plugin refuse NAME` */
export const refusePlugin = async (context: CommandContext, name: string): Promise<void> => {
  const plugin = await pluginNamed(context, name);
  if (plugin.waiting === null) throw usage(`No update of ${plugin.name} waits.`);
  await change(context, plugin, { refuse: true }, "stays as it is; the update was thrown away");
};

/** `plugin hosts NAME HOST…` */
export const chooseHosts = async (
  context: CommandContext,
  { none }: Options,
  [name = "", ...words]: readonly string[],
): Promise<void> => {
  if ((words.length === 0) === (none !== true)) throw usage("Name the hosts that it may reach from now on, or --none.");
  const hosts = await hostsIn(words);
  const plugin = await pluginNamed(context, name);
  checkHosts(plugin.manifest, "nothing was changed");
  const says = hosts.length === 0 ? "reaches no host of your choice any more" : `may reach ${hosts.join(", ")}`;
  await change(context, plugin, { hosts }, says);
};

/** `plugin agents NAME` */
export const choosePluginAgents = async (context: CommandContext, options: Options, word: string): Promise<void> => {
  const names = wordsOf(options["agent"]);
  if ((names.length === 0) === (options["none"] !== true))
    throw usage("Name the agents that may use it from now on with --agent, or --none.");
  const plugin = await pluginNamed(context, word);
  const agents = names.length === 0 ? [] : await agentsNamed(context, names);
  const who = names.length === 0 ? "no agent of yours" : names.map(printableLine).join(", ");
  await change(context, plugin, { agents }, `is used by ${who}`);
};

const removedText = (name: string, { items, grants }: { readonly items: number; readonly grants: number }): string => {
  const gone = [
    ...(items === 0 ? [] : [`${counted(items, "thing")} that it kept`]),
    ...(grants === 0 ? [] : [counted(grants, "grant")]),
  ];
  return `${color.green("✓")} ${name} is removed${gone.length === 0 ? "" : `, with ${gone.join(" and ")}`}`;
};

/** `plugin remove NAME` */
export const removePlugin = async (
  context: CommandContext,
  { yes }: Options,
  word: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  if (yes !== true && asker === null) throw usage("Nobody can be asked here: add --yes.");
  const { name, version, manifest } = await pluginNamed(context, word);
  if (yes !== true) {
    const tools = manifest.tools.map((tool) => `${name}.${tool.name}`).join(", ") || "none";
    context.output.say(
      `${name} ${version} goes, with its tools (${tools}), their grants, its processes, and all that it kept for anybody.`,
    );
    if (asker === null || !(await asker.yes("Remove it? What it kept cannot be brought back."))) {
      context.output.say(`${name} stays: nothing was changed.`);
      throw new CommandExit(NOT_AGREED);
    }
  }
  const removed = await settled(
    context.call("plugins.remove", { name }),
    "`./moltbot plugin list` says whether it did.",
  );
  context.output.data(removed, () => removedText(name, removed));
};

/** `plugin lock` */
export const lockPackages = async (context: CommandContext, { out }: Options): Promise<void> => {
  const lock = await context.call("packages.lock", {});
  const text = JSON.stringify(lock, null, 2);
  const file = textOption(out);
  if (file === undefined) return context.output.data(lock, () => text);
  try {
    await writeFile(file, `${text}\n`);
  } catch {
    throw usage(`The file ${printableLine(file)} cannot be written.`);
  }
  context.output.data(
    { file, packages: lock.packages.length },
    () => `${color.green("✓")} ${printableLine(file)} names ${counted(lock.packages.length, "package")}`,
  );
};
