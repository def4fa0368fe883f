import type { PluginInfo, PluginManifest, SkillInfo } from "@moltbot/contracts";
import { findAgent } from "../commands/find-agent.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { usage } from "../usage.ts";

type AgentIds = PluginInfo["agents"];

/** The agents of these names or ids; without any the first of one's own. */
export const agentsNamed = async (context: CommandContext, names: readonly string[]): Promise<[...AgentIds]> => {
  if (names.length === 0) return [(await findAgent(context, undefined)).id];
  const found: SkillInfo["agents"][number][] = [];
  for (const name of names) found.push((await findAgent(context, name)).id);
  return [...new Set(found)];
};

/** A host as people write it: `api.example.org` stands for port 443. */
export const hostOf = (word: string): string => {
  const host = word.toLowerCase();
  if (/^[a-z0-9][a-z0-9.-]*$/.test(host)) return `${host}:443`;
  if (/^(?:[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\]):\d{1,5}$/.test(host)) return host;
  throw usage(`${printableLine(word)} is no host: write a name alone, such as api.example.org, or with its port.`);
};

/** `LOCAL=NAME`, several times. */
export const secretsOf = (words: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    words.map((word) => {
      const [, local, name] = /^([a-z][a-z0-9-]{0,31})=(.{1,64})$/s.exec(word) ?? [];
      if (local === undefined || name === undefined)
        throw usage(
          `--secret ${printableLine(word)}: give it as LOCAL=NAME, the plugin's word for it and the vault's.`,
        );
      return [local, name];
    }),
  );

/** What was chosen must be what the plugin leaves open: a misspelt choice would be silently without effect. */
export const checkChoices = (
  manifest: PluginManifest,
  hosts: readonly string[],
  secrets: Readonly<Record<string, string>>,
): void => {
  const leaves = manifest.permissions.some((one) => one.kind === "http" && one.chosen);
  if (hosts.length > 0 && !leaves) throw usage(`${manifest.name} lets nobody choose its hosts: leave --host out.`);
  const named = manifest.permissions.flatMap((one) => (one.kind === "secret" ? [one.name] : []));
  const wrong = Object.keys(secrets).find((name) => !named.includes(name));
  if (wrong !== undefined)
    throw usage(
      `--secret ${wrong}=…: ${manifest.name} asks for ${named.length === 0 ? "no secret" : named.join(", ")}.`,
    );
};
