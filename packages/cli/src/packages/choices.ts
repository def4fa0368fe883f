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
const hostOf = async (word: string): Promise<string> => {
  const { PluginHost } = await import("@moltbot/contracts");
  const given = word.toLowerCase();
  const host = PluginHost.safeParse(/:\d+$/.test(given) ? given : `${given}:443`);
  if (host.success) return host.data;
  throw usage(
    `${printableLine(word)} is no host: write a name alone, such as api.example.org, or with its port from 1 to 65535.`,
  );
};

/** Hosts as people write them; one that is none ends the command. */
export const hostsIn = async (words: readonly string[]): Promise<string[]> => {
  const hosts: string[] = [];
  for (const word of words) hosts.push(await hostOf(word));
  return hosts;
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

/** Ends the command where a plugin does not leave its hosts to its owner; `instead` says what to do. */
export const checkHosts = ({ name, permissions }: PluginManifest, instead: string): void => {
  if (!permissions.some((one) => one.kind === "http" && one.chosen))
    throw usage(`${name} lets nobody choose its hosts: ${instead}.`);
};

/** The names of the secrets that may be meant, where a plugin asks for any; null: it asks for none. */
export const vaultFor = async (
  context: CommandContext,
  { permissions }: PluginManifest,
): Promise<readonly string[] | null> =>
  permissions.some(({ kind }) => kind === "secret")
    ? (await context.call("secrets.list", {})).map(({ name }) => name)
    : null;

/** What was chosen must be what the plugin leaves open: a misspelt choice would be silently without effect. */
export const checkChoices = (
  manifest: PluginManifest,
  hosts: readonly string[],
  secrets: Readonly<Record<string, string>>,
): void => {
  if (hosts.length > 0) checkHosts(manifest, "leave --host out");
  const named = manifest.permissions.flatMap((one) => (one.kind === "secret" ? [one.name] : []));
  const wrong = Object.keys(secrets).find((name) => !named.includes(name));
  if (wrong !== undefined)
    throw usage(
      `--secret ${wrong}=…: ${manifest.name} asks for ${named.length === 0 ? "no secret" : named.join(", ")}.`,
    );
};
