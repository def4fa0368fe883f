import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { PluginChoices, PluginManifest, SecretInfo } from "@moltbot/contracts";
import { listIn, textIn } from "../elements/form-fields.ts";
import { honestText } from "../text/honest-text.ts";
import { neutralText } from "../text/neutralise.ts";
import { hostWithPort, plainHostText } from "../words-of-plugins.ts";
import { options } from "./limit.ts";

type SecretWish = Extract<PluginManifest["permissions"][number], { kind: "secret" }>;

const isSecret = (one: PluginManifest["permissions"][number]): one is SecretWish => one.kind === "secret";
const secretsOf = ({ permissions }: PluginManifest): readonly SecretWish[] => permissions.filter(isSecret);
const choosesHosts = ({ permissions }: PluginManifest): boolean =>
  permissions.some((one) => one.kind === "http" && one.chosen);

/** Whether it waits for a host to be named before it reaches anything; a test compares it with the contracts. */
export const lacksHosts = (manifest: PluginManifest, { hosts }: Pick<PluginChoices, "hosts">): boolean =>
  hosts.length === 0 && manifest.permissions.some((one) => one.kind === "http" && one.chosen && one.hosts.length === 0);

/** Whether the manifest leaves anything to the owner. */
export const leavesChoices = (manifest: PluginManifest): boolean =>
  choosesHosts(manifest) || secretsOf(manifest).length > 0;

const secretField = (
  { name, host }: SecretWish,
  chosen: string | undefined,
  known: readonly SecretInfo[],
): TemplateResult => {
  const names = [...new Set(known.map((one) => one.name))];
  const offered = names.map((one) => [one, neutralText(one)] as const);
  const own = names.includes(name) ? [] : [[name, `${name} (not stored yet)`] as const];
  return html`<label
    ><span>Which secret it may use as <code>${name}</code>, sent only to ${honestText(plainHostText(host))}</span
    ><select class="field" name="secret-${name}">
      ${options([...own, ...offered], chosen ?? name)}
    </select></label
  >`;
};

/** What the manifest leaves to the owner, as fields of a form. */
export const choiceFields = (
  manifest: PluginManifest,
  { hosts, secrets }: PluginChoices,
  known: readonly SecretInfo[],
): TemplateResult =>
  html`${
    choosesHosts(manifest)
      ? html`<label
          ><span
            >Hosts that it may
            reach${lacksHosts(manifest, { hosts: [] }) ? ": without one it reaches nothing" : ""}</span
          ><input
            class="field"
            name="hosts"
            maxlength="4000"
            placeholder="blog.example.org, news.example.com"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            .value=${hosts.map(plainHostText).join(", ")}
        /></label>`
      : nothing
  }
  ${secretsOf(manifest).map((wish) => secretField(wish, secrets[wish.name], known))}`;

/** What the form says of it. */
export const choicesIn = (
  manifest: PluginManifest,
  data: FormData,
): { hosts: string[]; secrets: Record<string, string> } => ({
  hosts: choosesHosts(manifest) ? listIn(data, "hosts").map(hostWithPort) : [],
  secrets: Object.fromEntries(
    secretsOf(manifest).map(({ name }) => [name, textIn(data, `secret-${name}`) || name] as const),
  ),
});
