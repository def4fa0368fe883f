import { permissionOf } from "@moltbot/contracts";
import type { PluginChoices, PluginManifest } from "@moltbot/contracts";

/** What of a choice the manifest leaves to the owner: nothing else is kept, so that a later update finds nothing that was never meant for it. */
export const choicesFor = (manifest: PluginManifest, { hosts, secrets }: PluginChoices): PluginChoices => {
  const named = new Set(manifest.permissions.flatMap((one) => (one.kind === "secret" ? [one.name] : [])));
  return {
    hosts: permissionOf(manifest, "http")?.chosen === true ? [...new Set(hosts)].toSorted() : [],
    secrets: Object.fromEntries(Object.entries(secrets).filter(([name]) => named.has(name))),
  };
};
