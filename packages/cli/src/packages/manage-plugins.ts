import { writeFile } from "node:fs/promises";
import type { PluginInfo } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import color from "picocolors";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { facts, printableLine, table, when, withColouredEnds } from "../output.ts";
import { textOption, usage } from "../usage.ts";
import { askerOf } from "./agree.ts";
import type { PackageAsker } from "./agree.ts";
import { hostOf } from "./choices.ts";
import { widensLines } from "./show-report.ts";
import { keyInGroups } from "./sign-package.ts";

type Options = Readonly<Record<string, unknown>>;
const NOT_AGREED = 1;

/** The installed plugin of that name; NOT_FOUND ends the command. */
export const pluginNamed = async (context: CommandContext, name: string): Promise<PluginInfo> => {
  const all = await context.call("plugins.list", {});
  const found = all.find((plugin) => plugin.name === name);
  if (found !== undefined) return found;
  const next = all.length === 0 ? "There are none." : `There are: ${all.map((one) => one.name).join(", ")}.`;
  throw new CommandFailure({ ...moltbotError("NOT_FOUND", { kind: "plugin" }), next });
};

const STATES: Readonly<Record<PluginInfo["state"], (text: string) => string>> = {
  ready: color.green,
  stopped: color.dim,
  faulty: color.red,
};

const waitingLines = (plugins: readonly PluginInfo[]): readonly string[] =>
  plugins.flatMap(({ name, version, waiting }) =>
    waiting === null
      ? []
      : [
          "",
          `${color.yellow("!")} ${name} ${waiting.version} may do more than ${version}, so it waits:`,
          ...widensLines(waiting.widens),
          color.dim(`  ./moltbot plugin accept ${name} --digest ${waiting.digest}`),
        ],
  );

const problemLines = (plugins: readonly PluginInfo[]): readonly string[] =>
  plugins.flatMap(({ name, problem }) =>
    problem === null ? [] : [`${color.red("✗")} ${name}: ${printableLine(problem)}`],
  );

const listText = (plugins: readonly PluginInfo[]): string => {
  const rows = table(
    ["name", "version", "signed by", "effect", "agents", "state"],
    plugins.map(({ name, version, signer, effect, agents, state }) => [
      name,
      version,
      signer.name,
      effect,
      String(agents.length),
      state,
    ]),
    "No plugin is installed.",
  );
  const states = plugins.map(({ state }) => state);
  return [
    withColouredEnds(rows, states, (state) => STATES[state](state)),
    ...problemLines(plugins),
    ...waitingLines(plugins),
  ].join("\n");
};

const pluginText = (plugin: PluginInfo, agentNames: readonly string[]): string => {
  const { name, version, signer, manifest, state, processes, choices } = plugin;
  return [
    facts([
      ["name", name],
      ["version", version],
      ["for", manifest.description],
      ["signed by", `${signer.name} (${keyInGroups(signer.key)})`],
      ["state", processes === 0 ? state : `${state}, ${String(processes)} processes`],
      ["agents", agentNames.join(", ") || "none"],
      ["your hosts", choices.hosts.join(", ") || "none"],
      ["digest", plugin.digest],
      ["installed", when(plugin.installedAt)],
      ["updated", when(plugin.updatedAt)],
    ]),
    "",
    color.bold("Tools"),
    ...manifest.tools.map((tool) => `  ${name}.${tool.name}: ${printableLine(tool.description)}`),
    "",
    color.bold("May touch"),
    ...plugin.touches.map((line) => `  • ${printableLine(line)}`),
    ...problemLines([plugin]),
    ...waitingLines([plugin]),
  ].join("\n");
};

/** `plugin list [NAME]` */
export const listPlugins = async (context: CommandContext, name: string): Promise<void> => {
  if (name === "") {
    const plugins = await context.call("plugins.list", {});
    return context.output.data(plugins, () => listText(plugins));
  }
  const plugin = await pluginNamed(context, name);
  const agents = context.output.json || plugin.agents.length === 0 ? [] : await context.call("agents.list", {});
  const names = plugin.agents.map((id) => agents.find((agent) => agent.id === id)?.name ?? id);
  context.output.data(plugin, () => pluginText(plugin, names));
};

type Change = { readonly enabled: boolean } | { readonly hosts: string[] } | { readonly refuse: true };

const change = async (context: CommandContext, word: string, wish: Change, says: string): Promise<void> => {
  const { PluginName } = await import("@moltbot/contracts");
  const name = PluginName.safeParse(word);
  if (!name.success) throw usage(`“${printableLine(word)}” is no plugin's name.`);
  const changed = await context.call("plugins.change", { name: name.data, ...wish });
  context.output.data(changed, () => `${color.green("✓")} ${changed.name} ${says}`);
};

/** `plugin start NAME` and `plugin stop NAME` */
export const turnPlugin = (context: CommandContext, name: string, enabled: boolean): Promise<void> =>
  change(context, name, { enabled }, enabled ? "runs again" : "is stopped: its tools are gone until it is started");

/** `plugin refuse NAME` */
export const refusePlugin = (context: CommandContext, name: string): Promise<void> =>
  change(context, name, { refuse: true }, "stays as it is; the update was thrown away");

/** `plugin hosts NAME HOST…` */
export const chooseHosts = (
  context: CommandContext,
  { none }: Options,
  [name = "", ...words]: readonly string[],
): Promise<void> => {
  if ((words.length === 0) === (none !== true)) throw usage("Name the hosts that it may reach from now on, or --none.");
  const hosts = words.map(hostOf);
  const says = hosts.length === 0 ? "reaches no host of your choice any more" : `may reach ${hosts.join(", ")}`;
  return change(context, name, { hosts }, says);
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
    if (asker === null || !(await asker.yes("Remove it? What it kept cannot be brought back.")))
      throw new CommandExit(NOT_AGREED);
  }
  const removed = await context.call("plugins.remove", { name });
  context.output.data(
    removed,
    () =>
      `${color.green("✓")} ${name} is removed, with ${String(removed.items)} things that it kept and ${String(removed.grants)} grants`,
  );
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
    () => `${color.green("✓")} ${printableLine(file)} names ${String(lock.packages.length)} packages`,
  );
};
