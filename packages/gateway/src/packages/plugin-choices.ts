import { done, err, moltbotError, permissionOf } from "@moltbot/contracts";
import type { PluginChoices, PluginManifest, Result } from "@moltbot/contracts";

const secretsOf = ({ permissions }: PluginManifest): ReadonlySet<string> =>
  new Set(permissions.flatMap((one) => (one.kind === "secret" ? [one.name] : [])));

const mayChooseHosts = (manifest: PluginManifest): boolean => permissionOf(manifest, "http")?.chosen === true;

/** PLUGIN_NO_CHOICE for a choice that the manifest does not leave: whoever made it would take it for one that holds. */
export const checkChoices = (manifest: PluginManifest, { hosts, secrets }: PluginChoices): Result<void> => {
  const refused = (choice: string): Result<never> =>
    err(moltbotError("PLUGIN_NO_CHOICE", { plugin: manifest.name, choice }));
  if (hosts.length > 0 && !mayChooseHosts(manifest)) return refused("which hosts it may reach stands in its manifest");
  const known = secretsOf(manifest);
  return Object.keys(secrets).every((name) => known.has(name)) ? done : refused("it asks for no secret of that name");
};

/** What of a choice the manifest leaves to the owner: nothing else is kept, so that a later update finds nothing that was never meant for it. */
export const choicesFor = (manifest: PluginManifest, { hosts, secrets }: PluginChoices): PluginChoices => {
  const named = secretsOf(manifest);
  return {
    hosts: mayChooseHosts(manifest) ? [...new Set(hosts)].toSorted() : [],
    secrets: Object.fromEntries(Object.entries(secrets).filter(([name]) => named.has(name))),
  };
};
