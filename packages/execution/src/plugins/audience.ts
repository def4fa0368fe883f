import { joinAll, label } from "@moltbot/contracts";
import type { PrincipalId, Readers, ToolCall } from "@moltbot/contracts";
import type { SecretNames } from "../tools/index.ts";
import type { PluginToRun } from "./plugin-host.ts";

/**
 * Who may know everything that had a part in a call: in its choice, in its arguments, in what a plan brought into them. What is
 * fetched with a secret of the person's own is theirs alone.
 */
export const audienceOf = (
  { label: chosen, values = {}, planned, authority }: ToolCall,
  bySecret: boolean,
): Readers => {
  const labels = [chosen, ...Object.values(values), ...(planned?.from ?? []).map((one) => one.label)];
  const own = bySecret ? [label("untrusted", [authority])] : [];
  return label("untrusted", joinAll([...labels, ...own]).readers).readers;
};

/** What a secret of the manifest is called in the vault. */
export const nameInVault = ({ choices }: Pick<PluginToRun, "choices">, name: string): string =>
  Object.hasOwn(choices.secrets, name) ? (choices.secrets[name] ?? name) : name;

/** Whether one of its secrets is this person's own. */
export const hasSecretOf = (
  plugin: Pick<PluginToRun, "manifest" | "choices">,
  person: PrincipalId,
  { ownNamed }: Pick<SecretNames, "ownNamed">,
): boolean =>
  plugin.manifest.permissions.some(
    (one) => one.kind === "secret" && ownNamed(person, nameInVault(plugin, one.name)) !== null,
  );

/** One text for one set of readers: `public`, or the sorted ids joined by a space. */
export const audienceName = (readers: Readers): string =>
  readers === "public" ? readers : [...readers].toSorted().join(" ");
