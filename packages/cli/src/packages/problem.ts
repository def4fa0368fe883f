import type { z } from "zod";
import { moltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "../context.ts";
import { printableLine } from "../output.ts";

/** What a field takes, by the last names of its path; `*` stands for any one. The first that fits is said. */
const TAKES: readonly (readonly [path: string, takes: string])[] = [
  ["*.hosts.*", "Write a host as name:port in small letters, such as `api.example.org:443`."],
  ["permissions.*.host", "Write the host as name:port in small letters, such as `api.example.org:443`."],
  ["permissions.*.kind", "A permission is of the kind http, storage, secret, events or tools."],
  ["permissions.*.methods.*", "A method is GET, HEAD, POST, PUT, PATCH or DELETE."],
  [
    "permissions.*.why",
    "Say in one line, up to 200 characters, why the plugin needs it: whoever installs it reads that.",
  ],
  ["permissions.*.name", "A secret's local name is of small letters, digits and hyphens, such as `token`."],
  ["permissions.*.bytes", "Write how many bytes it may keep: from 1 to 5242880."],
  ["permissions.*.hears.*", "Take one of the events that docs/reference/plugin-manifest.md lists."],
  ["limits.*", "Write a whole number within the bounds that docs/reference/plugin-manifest.md lists."],
  ["tools.*.name", "A tool's name is one word of small letters and digits; it is called PLUGIN.NAME."],
  ["tools.*.input.properties.*.type", "An argument is a string, number, integer, boolean, or an array of these."],
  ["tools.*.input.type", 'Write `"type": "object"` and the arguments in `properties`.'],
  ["tools.*.description", "Say in one line, up to 200 characters, what the tool does: models read it."],
  ["tools.*.title", "Write one line of up to 60 characters."],
  ["manifest", 'Write `"manifest": 1`.'],
  ["main", "The module that runs is `main.js`; leave this field out."],
  ["version", "Write three numbers, such as `1.4.0`."],
  ["homepage", "Write an address that begins with https://."],
  ["title", "Write one line of up to 60 characters."],
  ["description", "Write one line that says what it is for."],
  ["path", "Name the file with letters, digits, dots, hyphens and underscores; no name begins with a dot."],
];

/** A name takes other letters in each kind of package. */
const NAMES = {
  plugin: "A plugin's name is one word of 2 to 32 small letters and digits, first a letter, such as `weather`.",
  skill: "A skill's name is small words and digits with hyphens between them, such as `write-minutes`.",
} as const;

/** Where every field is explained. */
const PAGES = { plugin: "docs/reference/plugin-manifest.md", skill: "docs/guides/skills.md" } as const;

const fits = (path: readonly string[], pattern: string): boolean => {
  const parts = pattern.split(".");
  const tail = path.slice(-parts.length);
  return tail.length === parts.length && parts.every((part, at) => part === "*" || part === tail[at]);
};

const takesOf = (path: readonly string[], kind: keyof typeof NAMES): string | undefined =>
  path.length === 1 && path[0] === "name" ? NAMES[kind] : TAKES.find(([pattern]) => fits(path, pattern))?.[1];

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    value,
  );

/** `permissions.0.hosts.1` as people read it: `permissions[0].hosts[1]`. */
const fieldName = (path: readonly string[]): string =>
  path.map((part, at) => (/^\d+$/.test(part) ? `[${part}]` : at === 0 ? part : `.${part}`)).join("");

const KINDS: Readonly<Record<string, string>> = {
  array: "a list",
  object: "names with values in braces",
  record: "names with values in braces",
  string: "a text in double quotes",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** What is wrong with a list or an object: the schema's own words are no sentences for people. */
const saysOfPart = (issue: z.core.$ZodIssue): string => {
  if (issue.code === "invalid_type") return `${KINDS[issue.expected] ?? issue.expected} must stand there`;
  if (issue.code === "too_small") return `fewer than ${String(issue.minimum)} stand there`;
  if (issue.code === "too_big") return `more than ${String(issue.maximum)} stand there`;
  return "it does not fit";
};

const saysOf = (issue: z.core.$ZodIssue, value: unknown): string => {
  if (issue.code === "unrecognized_keys")
    return `nothing is called ${issue.keys.map((key) => `“${printableLine(key)}”`).join(", ")} there`;
  const found = valueAt(value, issue.path);
  if (found === undefined) return "it is missing";
  const isWord = typeof found === "string" || typeof found === "number" || typeof found === "boolean";
  if (issue.code === "custom") return issue.message;
  if (!isWord) return saysOfPart(issue);
  return `“${printableLine(String(found)).slice(0, 80)}” does not fit`;
};

/** A package that cannot be packed: which file, what is wrong with it, and what to do. */
export const packingProblem = (file: string, problem: string, next: string): CommandFailure =>
  new CommandFailure({ ...moltbotError("PACKAGE_INVALID", { problem }), message: `${file}: ${problem}.`, next });

/** The same from what a schema found: the first field that is wrong, and how many more there are. */
export const fieldProblem = (
  file: string,
  kind: keyof typeof NAMES,
  value: unknown,
  { issues }: z.ZodError,
): CommandFailure => {
  const [issue] = issues;
  const path = issue?.path.map(String) ?? [];
  const more = issues.length > 1 ? ` (and ${String(issues.length - 1)} more)` : "";
  const says = issue === undefined ? "it does not fit" : saysOf(issue, value);
  const where = path.length === 0 ? "" : `${printableLine(fieldName(path))}: `;
  const unknown = issue?.code === "unrecognized_keys" ? "Remove it, or correct its spelling." : undefined;
  return packingProblem(
    file,
    `${where}${says}${more}`,
    unknown ??
      takesOf(path, kind) ??
      `Correct it in ${printableLine(file)}; ${PAGES[kind]} says what each field takes.`,
  );
};
