import { PluginLimits, hostsOf, permissionOf } from "@moltbot/contracts";
import type { PluginChoices, PluginManifest, PluginPermission, PluginTool } from "@moltbot/contracts";
import color from "picocolors";
import { padded, printableLine, widthOf } from "../output.ts";
import { wrapped } from "./wrapped.ts";

/** What the owner chose for a plugin, or is about to, and which secrets they may use; null: that was not asked. */
export interface Chosen extends PluginChoices {
  readonly vault: readonly string[] | null;
}

/** A heading with what stands under it; nothing where nothing does. */
export const part = (heading: string, inside: readonly string[]): readonly string[] =>
  inside.length === 0 ? [] : ["", color.bold(heading), ...inside];

/** Texts, each behind a mark. */
export const marked = (mark: string, texts: readonly string[], shown: string = mark): readonly string[] =>
  texts.flatMap((text) => wrapped(`  ${mark} `, text, { shown: `  ${shown} ` }));

type Argument = PluginTool["input"]["properties"][string];

const TYPES = { string: "text", number: "number", integer: "whole number", boolean: "yes or no" } as const;
const typeOf = (argument: Argument): string =>
  argument.type === "array" ? `list of ${typeOf(argument.items)}` : TYPES[argument.type];

const upTo = (most: number | undefined): string => (most === undefined ? "" : ` up to ${String(most)}`);

const boundsOf = (argument: Argument): string => {
  if (argument.type === "array") return upTo(argument.maxItems);
  if (argument.type === "string") return upTo(argument.maxLength);
  if (argument.type === "boolean") return "";
  return `${argument.minimum === undefined ? "" : ` from ${String(argument.minimum)}`}${upTo(argument.maximum)}`;
};

/** What models read of an argument, beside its name and kind. */
const argumentWords = (argument: Argument): readonly string[] => [
  ...(argument.description === undefined ? [] : [argument.description]),
  ...(argument.type === "string" && argument.enum !== undefined ? [`one of: ${argument.enum.join(", ")}`] : []),
  ...(argument.type === "array" ? argumentWords(argument.items) : []),
];

const argumentLines = ({ input, roles = {} }: PluginTool): readonly string[] => {
  const rows = Object.entries(input.properties).map(([name, argument]) => {
    const role = roles[name] === undefined ? [] : [`stands for: ${roles[name]}`];
    const kind = `${typeOf(argument)}${boundsOf(argument)}${input.required.includes(name) ? ", required" : ""}`;
    return { name, kind, words: [...argumentWords(argument), ...role].join(" · ") };
  });
  const nameWidth = Math.max(0, ...rows.map(({ name }) => widthOf(name)));
  const kindWidth = Math.max(0, ...rows.map(({ kind }) => widthOf(kind)));
  return rows.flatMap(({ name, kind, words }) => {
    const [first, second] = [`    ${padded(name, nameWidth)}  `, padded(kind, kindWidth)];
    return wrapped(`${first}${second}  `, words, { shown: `${first}${color.dim(second)}  ` }).map((line) =>
      line.trimEnd(),
    );
  });
};

/** Every tool, with all the words of it that models read, and what each argument takes. */
const toolLines = ({ name: plugin, tools }: PluginManifest): readonly string[] =>
  tools.flatMap((tool) => [
    ...wrapped("  ", `${plugin}.${tool.name} (${tool.title}): ${tool.description}`, { under: 6 }),
    ...argumentLines(tool),
  ]);

const permissionName = (one: PluginPermission): string => (one.kind === "secret" ? `secret ${one.name}` : one.kind);

const whyLines = ({ permissions }: PluginManifest): readonly string[] => {
  const width = Math.max(0, ...permissions.map((one) => widthOf(permissionName(one))));
  return permissions.flatMap((one) => {
    const before = `  ${padded(permissionName(one), width)}  `;
    return wrapped(before, `“${one.why}”`, { shown: color.dim(before) });
  });
};

const LIMITS: Readonly<Record<keyof PluginLimits, string>> = {
  cpuMs: "milliseconds of the processor in one call",
  seconds: "seconds by the clock for one call",
  memoryMiB: "MiB of memory",
  callsPerMinute: "calls a minute",
  outputBytes: "bytes of one answer",
  asksPerCall: "things asked of the house in one call",
};
const isLimit = (name: string): name is keyof PluginLimits => Object.hasOwn(LIMITS, name);

const limitLines = ({ limits }: PluginManifest): readonly string[] => {
  const usual = PluginLimits.parse({});
  const above = Object.keys(LIMITS).filter((name) => isLimit(name) && limits[name] > usual[name]);
  return above.flatMap((name) =>
    isLimit(name)
      ? [`  • ${String(limits[name])} ${LIMITS[name]} ${color.dim(`(${name}, usually ${String(usual[name])})`)}`]
      : [],
  );
};

/** What is left to whoever installs it: what they chose, and what is still missing for it to work. */
const choiceLines = (manifest: PluginManifest, { hosts, secrets, vault }: Chosen): readonly string[] => {
  const open = permissionOf(manifest, "http")?.chosen === true;
  const none = hostsOf(manifest, { hosts }).length === 0;
  const wanted = manifest.permissions.flatMap((one) => (one.kind === "secret" ? [one] : []));
  const isThere = (name: string): boolean => vault === null || vault.includes(name);
  return [
    ...(open && hosts.length > 0 ? marked("•", [`You named the hosts ${hosts.join(", ")}`]) : []),
    ...(open && none ? noHostLines(manifest.name) : []),
    ...wanted.flatMap(({ name: word, host }) => {
      const name = secrets[word] ?? word;
      const missing = `There is no secret ${printableLine(name)} that you may use: ./moltbot secret set ${name} --host ${host}`;
      return [
        ...marked("•", [`Its secret ${word} is the one that you call ${name}`]),
        ...(isThere(name) ? [] : marked("!", [missing], color.yellow("!"))),
      ];
    }),
  ];
};

/** That a plugin reaches nothing before its owner names a host. */
export const noHostLines = (name: string): readonly string[] =>
  marked(
    "!",
    [`No host is named yet, so it can reach nothing: ./moltbot plugin hosts ${name} HOST names one`],
    color.yellow("!"),
  );

/** The house's words on what it may touch, with the hosts that the owner names where none stand in its manifest. */
const touchLines = (manifest: PluginManifest, touches: readonly string[], { hosts }: Chosen): readonly string[] => {
  const named = hostsOf(manifest, { hosts }).map((host) => host.replace(/:443$/, ""));
  const texts = touches.map((line) =>
    named.length === 0 ? line : line.replace("to no host yet.", `to ${named.join(", ")}.`),
  );
  return marked("•", texts.length === 0 ? ["nothing"] : texts);
};

/** Every word of a plugin that its owner agrees to: the house's on what it may do, and its author's on the rest, named as theirs. */
export const manifestLines = (
  manifest: PluginManifest,
  touches: readonly string[],
  chosen: Chosen,
): readonly string[] => [
  ...part("Tools", toolLines(manifest)),
  ...part("May touch", touchLines(manifest, touches, chosen)),
  ...part("Why it asks for that, in its author's words", whyLines(manifest)),
  ...part("Yours to choose", choiceLines(manifest, chosen)),
  ...part("Limits above the usual", limitLines(manifest)),
  ...part("Gets to see, as its author says", marked("•", manifest.sees)),
];
