import type { PluginInfo } from "@moltbot/contracts";
import color from "picocolors";
import { facts, table, when, withColouredEnds } from "../output.ts";
import { manifestLines, marked } from "./show-plugin.ts";
import { widensLines } from "./show-report.ts";
import { keyInGroups } from "./sign-package.ts";
import { counted } from "./wrapped.ts";

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
    problem === null ? [] : marked("✗", [`${name}: ${problem}`], color.red("✗")).map((line) => line.slice(2)),
  );

/** Plugins, a row each, with what is wrong and what waits. */
export const pluginsText = (plugins: readonly PluginInfo[]): string => {
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

/** Everything about one plugin; `vault` names the secrets that its owner may use. */
export const pluginText = (
  plugin: PluginInfo,
  agentNames: readonly string[],
  vault: readonly string[] | null,
): string => {
  const { name, version, signer, manifest, state, processes, choices } = plugin;
  return [
    facts([
      ["name", name],
      ["version", version],
      ["for", manifest.description],
      ["signed by", `${signer.name} (${keyInGroups(signer.key)})`],
      ["state", processes === 0 ? state : `${state}, ${counted(processes, "process", "processes")}`],
      ["agents", agentNames.join(", ") || `none: ./moltbot plugin agents ${name} --agent NAME gives it to one`],
      ["your hosts", choices.hosts.join(", ") || "none"],
      ["digest", plugin.digest],
      ["installed", when(plugin.installedAt)],
      ["updated", when(plugin.updatedAt)],
    ]),
    ...manifestLines(manifest, plugin.touches, { ...choices, vault }),
    ...problemLines([plugin]),
    ...waitingLines([plugin]),
  ].join("\n");
};
