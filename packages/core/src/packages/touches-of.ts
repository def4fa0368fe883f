import { hostsOf, permissionOf } from "@moltbot/contracts";
import type { PackageContent, PluginChoices, PluginManifest, PluginPermission } from "@moltbot/contracts";
import { isScript } from "./powers-of-skill.ts";

const SIZES = [
  [1_048_576, "MiB"],
  [1_024, "KiB"],
] as const;

const sizeOf = (bytes: number): string => {
  const fits = SIZES.find(([size]) => bytes >= size && bytes % size === 0);
  return fits === undefined ? `${String(bytes)} bytes` : `${String(bytes / fits[0])} ${fits[1]}`;
};

/** A host as people write it: without the port of HTTPS. */
const hostWords = (host: string): string => host.replace(/:443$/, "");

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;

const requests = (manifest: PluginManifest, choices: Pick<PluginChoices, "hosts">): readonly string[] => {
  const http = permissionOf(manifest, "http");
  if (http === null) return [];
  const hosts = hostsOf(manifest, choices).map(hostWords);
  const to = hosts.length === 0 ? "no host yet" : listed(hosts);
  const more = http.chosen ? ["Sends the same to every host that you name for it."] : [];
  return [`Sends web requests (${http.methods.join(", ")}) to ${to}.`, ...more];
};

const linesOf = (
  permission: PluginPermission,
  manifest: PluginManifest,
  choices: Pick<PluginChoices, "hosts" | "secrets">,
): readonly string[] => {
  switch (permission.kind) {
    case "http":
      return requests(manifest, choices);
    case "storage":
      return [`Keeps up to ${sizeOf(permission.bytes)} of its own for each person.`];
    case "secret":
      return [
        `May use the secret ${choices.secrets[permission.name] ?? permission.name}, sent only to ${hostWords(permission.host)}.`,
      ];
    case "events":
      return [
        ...(permission.hears.length === 0
          ? []
          : [`Is told when these happen, and nothing of what was said: ${listed(permission.hears)}.`]),
        ...(permission.emits ? ["May tell you of events of its own."] : []),
      ];
    case "tools":
      return [`May call ${listed(permission.names)}, where the agent may do so without asking.`];
  }
};

const ofPlugin = (manifest: PluginManifest, choices: Pick<PluginChoices, "hosts" | "secrets">): readonly string[] => {
  const lines = manifest.permissions.flatMap((permission) => linesOf(permission, manifest, choices));
  return lines.length === 0 ? ["Nothing beyond what it is given."] : lines;
};

const ofSkill = ({ files }: Extract<PackageContent, { kind: "skill" }>): readonly string[] => {
  const scripts = files.filter(isScript).map(({ path }) => path);
  return [
    "Is read by the models of agents that you choose; nothing of it runs by itself.",
    ...(scripts.length === 0
      ? []
      : [`Brings ${listed(scripts)}, which an agent may run only with exec.run, behind the wall.`]),
  ];
};

/** What a package may touch, a plain line each, in words of the house alone but for names of hosts, secrets, tools and files. */
export const touchesOf = (
  content: PackageContent,
  choices: Pick<PluginChoices, "hosts" | "secrets">,
): readonly string[] => (content.kind === "plugin" ? ofPlugin(content.manifest, choices) : ofSkill(content));
