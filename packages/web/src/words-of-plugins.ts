/** What the page about plugins and skills says. */
import type { EffectClass, PackageReport, PluginInfo, PluginManifest, SkillManifest } from "@moltbot/contracts";
import { listText, sizeText } from "./words-of-keeping.ts";

/** Where the examples are, and how the first of them is installed. */
export const EXAMPLE_COMMAND = "./moltbot plugin install examples/plugins/weather --trust me";

/** A package with more bytes is not read; a test compares it with the contracts. */
export const MOST_PACKAGE_BYTES = 2 * 1024 * 1024;

interface StateWords {
  readonly name: string;
  readonly chip: "good-chip" | "" | "danger";
}
export const PLUGIN_STATE_WORDS: Readonly<Record<PluginInfo["state"], StateWords>> = {
  ready: { name: "ready", chip: "good-chip" },
  stopped: { name: "stopped", chip: "" },
  faulty: { name: "does not run", chip: "danger" },
};

type PluginEffect = "read" | "fetch" | "send";
const EFFECTS: Readonly<Record<PluginEffect, string>> = {
  read: "works with what it is given, and sends nothing anywhere",
  fetch: "only looks things up",
  send: "may send things and change them elsewhere, and asks you first",
};

/** What its tools do to the world, as the end of a sentence. */
export const effectText = (effect: EffectClass): string =>
  effect === "read" || effect === "fetch" ? EFFECTS[effect] : EFFECTS.send;

/** What a plugin's permissions make of every tool of it; a test compares it with the contracts. */
export const effectOfManifest = ({ permissions }: Pick<PluginManifest, "permissions">): PluginEffect => {
  const http = permissions.find(({ kind }) => kind === "http");
  if (http?.kind !== "http") return "read";
  return http.methods.every((method) => method === "GET" || method === "HEAD") ? "fetch" : "send";
};

/** Whether it is a plugin's, not a skill's. */
export const isPlugin = (manifest: PackageReport["manifest"]): manifest is PluginManifest => "permissions" in manifest;

/** What people call it: a plugin's title, a skill's name. */
export const titleOf = (manifest: PackageReport["manifest"]): string =>
  isPlugin(manifest) ? manifest.title : manifest.name;

/** A key in groups that can be compared one by one: “mk1_”, then four letters each. */
export const keyGroups = (key: string): readonly string[] => key.match(/^mk1_|.{1,4}/g) ?? [];

/** A plugin's limits, a sentence each. */
export const limitLines = ({ limits }: Pick<PluginManifest, "limits">): readonly string[] => [
  `A call ends after ${limits.seconds} s, or ${limits.cpuMs} ms of computing.`,
  `It has ${limits.memoryMiB} MB of memory.`,
  `It answers ${limits.callsPerMinute} calls a minute, each with at most ${sizeText(limits.outputBytes)}.`,
  `In one call it asks the house for something at most ${limits.asksPerCall} times.`,
];

/** Why it says that it needs what it may touch. */
export const whyLines = ({ permissions }: Pick<PluginManifest, "permissions">): readonly string[] => [
  ...new Set(permissions.map(({ why }) => why)),
];

/** Which agents have it: “Used by Assistant and Butler.” */
export const usedText = (names: readonly string[], verb: "Used" | "Read"): string =>
  names.length === 0 ? `${verb} by none of your agents.` : `${verb} by ${listText(names)}.`;

/** Which agents have it from now on: “Weather is given to Assistant and Butler.” */
export const givenText = (title: string, names: readonly string[]): string =>
  `${title} is given to ${names.length === 0 ? "none of your agents" : listText(names)}.`;

/** What is to be done about a plugin that is to reach hosts and has none. */
export const noHostText = (mayChoose: boolean): string =>
  `No host is named yet, so it reaches nothing. ${mayChoose ? "“Choose” names one." : "The owner names one."}`;

/** What became of the name of a key that was trusted: a name that it had is said, since people knew it by that. */
export const trustedText = (name: string, was: string | null): string =>
  was === null ? `The key of ${name} is trusted.` : `The key that was ${was} until now is ${name}.`;

/** Whose words a skill's are. */
export const wordsText = (trusted: boolean): string =>
  trusted ? "Your own words" : "Somebody else’s words, read like a page";

/** Whose words a skill that is not installed says it holds. */
export const originText = ({ origin }: Pick<SkillManifest, "origin">): string =>
  origin === "own"
    ? "Its signer stands for it as for their own words."
    : "Somebody else’s words, which its signer only packed.";

/** A host as the gateway writes it, with its port: “api.example.org:443”. What cannot be one stays as it is, to be refused. */
export const hostWithPort = (text: string): string => {
  const address = `https://${text.replace(/^https:\/\//i, "")}`;
  if (!URL.canParse(address)) return text;
  const { hostname, port } = new URL(address);
  return `${hostname}:${port === "" ? "443" : port}`;
};

/** A host as people write it: without the port of HTTPS. */
export const plainHostText = (host: string): string => host.replace(/:443$/, "");

/** What removing a plugin took: “Weather is removed, with 2 permissions and 1 thing that it kept.” */
export const removedText = (title: string, { items, grants }: { readonly items: number; readonly grants: number }) => {
  const things = items === 1 ? "1 thing that it kept" : `${items} things that it kept`;
  const went = [
    ...(grants === 0 ? [] : [grants === 1 ? "1 permission" : `${grants} permissions`]),
    ...(items === 0 ? [] : [things]),
  ];
  return went.length === 0 ? `${title} is removed.` : `${title} is removed, with ${listText(went)}.`;
};
