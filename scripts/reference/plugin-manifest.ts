import { PluginManifest } from "@moltbot/contracts";
import type { ArgumentRole, HearableEvent, PluginPermission } from "@moltbot/contracts";
import { trialFileSchema } from "../../packages/cli/src/packages/trial-file.ts";
import { below, fieldRows, schemaOf, takes } from "./fields.ts";
import type { Schema } from "./fields.ts";
import { GENERATED, jsonBlock, table } from "./markdown.ts";
import { EXAMPLE, EXAMPLE_CASES, EXAMPLE_MAIN, PERMISSIONS } from "./plugin-example.ts";
import { rules } from "./plugin-rules.ts";

const HEAD = ["field", "takes", "left out", "what it is"];
const manifest = schemaOf(PluginManifest);

const MANIFEST: Readonly<Record<string, string>> = {
  manifest: "the version of this format",
  name: "the first word of its tools' names: `tides` has `tides.next`",
  version: "an update must have a higher one",
  title: "its name for people",
  description: "what it is for",
  author: "who made it, by their own word; who signed it is what counts",
  licence: "such as `MIT`",
  homepage: "where people read more",
  main: "the module that is run",
  tools: "what agents may call",
  permissions: "what it may reach; each kind once, of secrets each name once",
  limits: "what one call may use",
  sees: "which data it gets to see, in your words",
};
const TOOL: Readonly<Record<string, string>> = {
  name: "its second word: `next` of `tides.next`",
  title: "its name for people",
  description: "what it does; models choose it by this",
  input: "what it takes",
  roles: "argument → what it stands for",
};
const INPUT: Readonly<Record<string, string>> = {
  type: "always this",
  properties:
    "argument → what it takes. An argument's name is a small letter and up to 39 letters and digits; `hosts` is none, nor what every object has, such as `constructor`",
  required: "arguments without which it is not called",
};
const ARGUMENT: Readonly<Record<string, string>> = {
  type: "its kind",
  description: "what it is; models read it",
  enum: "it is one of these",
  maxLength: "its most characters; 10,000 where it is left out",
  minimum: "it is not less",
  maximum: "it is not more",
  items: "what each of the list is: of a kind above",
  maxItems: "its most items; 100 where it is left out",
};
const KIND = "which permission this is";
const WHY = "why it needs this; whoever installs it reads it";
const PERMISSION: Readonly<
  Record<PluginPermission["kind"], { says: string; fields: Readonly<Record<string, string>> }>
> = {
  http: {
    says: "Requests over the web, by `host.http.fetch`. With a method beyond GET and HEAD, every tool of the plugin counts as one that sends, and is asked about.",
    fields: {
      kind: KIND,
      hosts: "hosts that it may reach. A name stands for itself alone, not for what is below it",
      chosen: "whether whoever installs it may name more hosts, with `--host`. With this, `hosts` may be `[]`",
      methods: "by which methods",
      why: WHY,
    },
  },
  storage: {
    says: "A box of its own, by `host.storage`, for each person and each circle of readers apart.",
    fields: { kind: KIND, bytes: "keys and values together, as JSON in UTF-8, for each box", why: WHY },
  },
  secret: {
    says: "A handle to one secret, by `host.secrets.handle`. The house puts it on the wire; the plugin never has it. A permission for each secret.",
    fields: {
      kind: KIND,
      name: "your word for it; whoever installs it says which of theirs is meant, with `--secret WORD=NAME`",
      host: "the host that gets it; it stands in `http` too",
      why: WHY,
    },
  },
  events: {
    says: "It hears that something happened and when, in the functions that `definePlugin` is given as `events`; there only its box and its log are open.",
    fields: {
      kind: KIND,
      hears: "which events",
      emits: "whether it may tell its person of something, by `host.events.emit`",
      why: WHY,
    },
  },
  tools: {
    says: "Tools of the house, by `host.tools.call`, as the agent that called it may. What would be asked about is refused.",
    fields: { kind: KIND, names: "which; none of a plugin", why: WHY },
  },
};
const EVENTS: Readonly<Record<HearableEvent, string>> = {
  "agent:started": "a turn of an agent began",
  "agent:stopped": "a turn of an agent ended",
  "tool:executed": "a tool was called",
  "reminder:fired": "a reminder came due",
  "job:died": "a job was given up",
  "backup:made": "a backup was made",
};
const ROLES: Readonly<Record<ArgumentRole, string>> = {
  recipient: "who gets something: an address, a handle, a name",
  amount: "how much, how many",
  url: "an address of the web",
  path: "a file",
  command: "what is run",
  account: "from or to which account",
  permission: "what somebody may do afterwards",
  time: "when",
  identifier: "which one: an id, a number, a name",
  content: "a text that is sent, shown or looked for",
};
const LIMITS: Readonly<Record<string, string>> = {
  cpuMs: "of the processor, in milliseconds",
  seconds: "by the clock",
  memoryMiB: "of memory, of a process with all its calls",
  callsPerMinute: "calls of all its tools, for each person",
  outputBytes: "of one answer, and of one ask, as JSON in UTF-8",
  asksPerCall: "what it may ask of the house during one call",
};
const CASE: Readonly<Record<string, string>> = {
  name: "a sentence: what is so",
  tool: "the tool, without the plugin's name",
  arguments: "what it is called with",
  answers: "what the web answers; a request that fits none fails with `FETCH_FAILED`, and nothing is dialled",
  kept: "key → value: what its box holds before the call; each case has a box of its own",
  expect: "what must come of it",
};
const ANSWER: Readonly<Record<string, string>> = {
  url: "the whole address, with its query",
  method: "the method",
  status: "the answer's status",
  headers: "name → value",
  body: "the answer's text",
};
const EXPECT: Readonly<Record<string, string>> = {
  ok: "whether it works; left out: it does, unless a code is expected",
  result:
    "what the tool gives back, at least: further fields of objects may stand beside these, and lists are as long as here",
  includes: "texts that stand in what it gives back; where it fails, in the problem's words or in what it logged",
  code: "the [code](errors.md) that it fails with",
  asked: "what it asks of the house: how often, or what in which order, each by how it begins, such as `http.fetch`",
};

const ofKind = (kind: string): Schema => {
  const kinds = below(manifest, "permissions", "[]").oneOf ?? [];
  const found = kinds.find((one) => below(one, "kind").const === kind);
  if (found === undefined) throw new Error(`there is no permission ${kind} any more`);
  return found;
};
const permissionPart = (kind: keyof typeof PERMISSIONS): readonly string[] => [
  `### \`${kind}\``,
  "",
  PERMISSION[kind].says,
  "",
  jsonBlock(PERMISSIONS[kind]),
  "",
  table(HEAD, fieldRows(ofKind(kind), PERMISSION[kind].fields)),
  "",
];

const argumentRows = (): readonly (readonly string[])[] => {
  const { additionalProperties: kinds } = below(manifest, "tools", "[]", "input", "properties");
  if (typeof kinds !== "object") throw new Error("arguments are of no kind any more");
  return (kinds.oneOf ?? []).map(({ properties: { type, ...fields } = {} }) => [
    takes(type ?? {}),
    Object.entries(fields)
      .map(([name, field]) => `\`${name}\`${field.oneOf === undefined ? ` (${takes(field)})` : ""}`)
      .join(", "),
  ]);
};

const wordRows = (words: Readonly<Record<string, string>>): readonly (readonly string[])[] =>
  Object.entries(words).map(([name, says]) => [`\`${name}\``, says]);

const toolsPart = (): readonly string[] => [
  "## Tools",
  "",
  table(HEAD, fieldRows(below(manifest, "tools", "[]"), TOOL)),
  "",
  "### What a tool takes: `input`",
  "",
  "The part of JSON Schema that every model and every form can do with. An argument that does not stand here is refused, and so is another word of JSON Schema.",
  "",
  table(HEAD, fieldRows(below(manifest, "tools", "[]", "input"), INPUT)),
  "",
  "Each argument has a `type`, and may have what stands beside it:",
  "",
  table(["`type`", "may have"], argumentRows()),
  "",
  table(["word", "what it says"], wordRows(ARGUMENT)),
  "",
  "### What an argument stands for: `roles`",
  "",
  "Where a plugin reaches the web, each of its arguments is looked at before a call. What a person said in their own words may stand for a value in its role; one without a role is fixed by no words.",
  "",
  table(["role", "what it stands for"], wordRows(ROLES)),
  "",
];

const limitsPart = (): readonly string[] => {
  const limits = below(manifest, "limits");
  const rows = fieldRows(limits, LIMITS).map(([name = "", range = "", otherwise = "", says = ""]) => [
    name,
    says,
    otherwise,
    range.replace("a whole number, ", ""),
  ]);
  return [
    "## Limits",
    "",
    "A call that passes one ends. Every number that grows makes an update wait.",
    "",
    table(["field", "what it limits", "left out", "from and to"], rows),
    "",
  ];
};

const casesPart = async (): Promise<readonly string[]> => {
  const cases = await trialFileSchema();
  const file = schemaOf(cases);
  const one = below(file, "cases", "[]");
  return [
    "## `plugin.test.json`",
    "",
    `Its cases, for \`plugin test\` and \`plugin dev\`: ${takes(below(file, "cases")).replace(", see below", "")} in \`cases\`. Each runs behind the wall, in a house where nothing is dialled or kept and no tool is there to be called. Hosts for which a case has an answer count as chosen.`,
    "",
    jsonBlock(EXAMPLE_CASES),
    "",
    "### A case",
    "",
    table(HEAD, fieldRows(one, CASE)),
    "",
    "### One of its `answers`",
    "",
    table(HEAD, fieldRows(below(one, "answers", "[]"), ANSWER)),
    "",
    "### What it `expect`s",
    "",
    "All that stands here must hold.",
    "",
    table(HEAD, fieldRows(below(one, "expect"), EXPECT)),
    "",
  ];
};

/** docs/reference/plugin-manifest.md: every field of plugin.json and of plugin.test.json, as the schemas have them. */
export const pluginManifestPage = async (): Promise<string> =>
  [
    GENERATED,
    "# `plugin.json` and `plugin.test.json`",
    "",
    "What a plugin says of itself, and its cases. How to write one: [the guide](../guides/plugins.md#writing-one). A field that does not stand here is refused. Every text for people is one line, of characters that are all seen.",
    "",
    "## A whole plugin",
    "",
    "`plugin.json`:",
    "",
    jsonBlock(EXAMPLE),
    "",
    "`main.js`:",
    "",
    ["```js", EXAMPLE_MAIN, "```"].join("\n"),
    "",
    "Its cases are [below](#plugintestjson).",
    "",
    "## Fields",
    "",
    table(HEAD, fieldRows(manifest, MANIFEST)),
    "",
    ...toolsPart(),
    "## Permissions",
    "",
    "What is not named here it cannot do.",
    "",
    ...Object.keys(PERMISSIONS).flatMap((kind) => permissionPart(kind as keyof typeof PERMISSIONS)), // its own names
    "### Events that may be heard",
    "",
    table(["event", "when"], wordRows(EVENTS)),
    "",
    ...limitsPart(),
    "## What holds for several fields",
    "",
    "Each of these was tried when this page was made.",
    "",
    table(["what is refused", "in these words"], rules()),
    "",
    ...(await casesPart()),
  ].join("\n");
