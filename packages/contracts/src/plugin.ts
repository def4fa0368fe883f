import { z } from "zod";
import { EVENT_KINDS } from "./event.ts";
import type { EventName } from "./event.ts";
import { AgentId, Instant, ToolName } from "./ids.ts";
import { PLAN_TOOL, READER_TOOL } from "./plan.ts";
import { PackageVersion, SigningKey, plainLine } from "./package-words.ts";
import { ARGUMENT_ROLES, EffectClass } from "./tool.ts";
import { HTTP_METHODS } from "./url-path.ts";

/** A plugin's name, and the first word of its tools' names: `weather` has `weather.forecast`. */
export const PluginName = z
  .string()
  .regex(/^[a-z][a-z0-9]{1,31}$/)
  .brand<"PluginName">();
export type PluginName = z.infer<typeof PluginName>;

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-f:.]{2,45}\\]):[1-9]\\d{0,4}$`);

// Threat: another spelling of an address (`127.1`, `0x7f.0.0.1`, `2130706433`) looks like a name to whoever says yes to it.
const isAsDialled = (host: string): boolean => {
  const url = URL.parse(`https://${host}/`);
  return url !== null && `${url.hostname}:${url.port === "" ? "443" : url.port}` === host;
};

/** `name:port` or `[v6]:port` as egress writes it: lower case, in its one spelling, with the port. */
export const PluginHost = z
  .string()
  .max(259)
  .regex(HOST)
  .refine(isAsDialled, "a host is written as it is dialled, with its port");

/** A local name of a secret, which the owner joins with one of the vault. */
export const PluginSecretName = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);

/** What a plugin may hear of: that it happened and when, never whose words it was about. */
export const HEARABLE = [
  "agent:started",
  "agent:stopped",
  "tool:executed",
  "reminder:fired",
  "job:died",
  "backup:made",
] as const satisfies readonly EventName[];
export type HearableEvent = (typeof HEARABLE)[number];

const why = plainLine(200);

/** What a plugin may reach, and why it says it needs it. What is not named here it cannot do. */
export const PluginPermission = z.discriminatedUnion("kind", [
  /** Web requests to exactly these hosts. `chosen`: and to those that the owner names when it is installed. */
  z.strictObject({
    kind: z.literal("http"),
    hosts: z.array(PluginHost).max(20).readonly(),
    chosen: z.boolean().default(false),
    methods: z.array(z.enum(HTTP_METHODS)).min(1).readonly().default(["GET"]),
    why,
  }),
  /** A box of its own, for each person and each audience apart. */
  z.strictObject({ kind: z.literal("storage"), bytes: z.int().min(1).max(5_242_880), why }),
  /** A handle to one secret, which egress puts on the wire for one host. Its value never arrives. */
  z.strictObject({
    kind: z.literal("secret"),
    name: PluginSecretName,
    host: PluginHost,
    why,
  }),
  z.strictObject({
    kind: z.literal("events"),
    hears: z.array(z.enum(HEARABLE)).max(HEARABLE.length).readonly(),
    /** Whether it may tell the house of something: an event `plugin:emitted`. */
    emits: z.boolean().default(false),
    why,
  }),
  /** Tools of the house, each call through the guard like one of the agent that called the plugin. */
  z.strictObject({ kind: z.literal("tools"), names: z.array(ToolName).min(1).max(20).readonly(), why }),
]);
export type PluginPermission = Readonly<z.infer<typeof PluginPermission>>;
export type PermissionOf<K extends PluginPermission["kind"]> = Extract<PluginPermission, { kind: K }>;

/** An argument's name. `hosts` stands for what the plugin reaches; what every object has is no argument of its own. */
export const PluginArgumentName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,39}$/)
  .refine((name) => name !== "hosts", "`hosts` stands for what the plugin reaches")
  .refine((name) => !(name in {}), "every object has something of that name");

const described = { description: plainLine(200).exactOptional() };
const text = z.strictObject({
  type: z.literal("string"),
  ...described,
  enum: z.array(plainLine(100)).min(1).max(50).readonly().exactOptional(),
  maxLength: z.int().min(1).max(100_000).exactOptional(),
});
const number = z.strictObject({
  type: z.enum(["number", "integer"]),
  ...described,
  minimum: z.number().exactOptional(),
  maximum: z.number().exactOptional(),
});
const truth = z.strictObject({ type: z.literal("boolean"), ...described });
const scalar = z.discriminatedUnion("type", [text, number, truth]);
const list = z.strictObject({
  type: z.literal("array"),
  ...described,
  items: scalar,
  maxItems: z.int().min(1).max(1_000).exactOptional(),
});

/** How many arguments a tool takes at most: models and people read each of them. */
const MOST_ARGUMENTS = 50;

/** What a tool takes: the part of JSON Schema (2020-12) that every model and every form can do with. Nothing else may be given. */
export const PluginInput = z.strictObject({
  type: z.literal("object"),
  properties: z
    .record(PluginArgumentName, z.discriminatedUnion("type", [text, number, truth, list]))
    .refine(
      (all) => Object.keys(all).length <= MOST_ARGUMENTS,
      `a tool has more than ${String(MOST_ARGUMENTS)} arguments`,
    ),
  required: z.array(z.string()).max(MOST_ARGUMENTS).readonly().default([]),
});
export type PluginInput = Readonly<z.infer<typeof PluginInput>>;

/** One tool, called `PLUGIN.NAME`. Its words are read by models, so the owner sees each of them before it is installed. */
export const PluginTool = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9]{0,31}$/),
  title: plainLine(60),
  description: plainLine(200),
  input: PluginInput,
  /** What each argument stands for; one without a role is endorsed by no words. */
  roles: z.record(PluginArgumentName, z.enum(ARGUMENT_ROLES)).exactOptional(),
});
export type PluginTool = Readonly<z.infer<typeof PluginTool>>;

/** What one call may use; the process ends when it passes one that the isolate cannot hold. */
export const PluginLimits = z.strictObject({
  /** Of the processor, in milliseconds, for each call. */
  cpuMs: z.int().min(10).max(5_000).default(500),
  /** By the clock, for each call. */
  seconds: z.int().min(1).max(60).default(15),
  memoryMiB: z.int().min(8).max(128).default(32),
  callsPerMinute: z.int().min(1).max(600).default(60),
  /** Of one answer. */
  outputBytes: z.int().min(256).max(262_144).default(32_768),
  /** What it may ask of the house during one call. */
  asksPerCall: z.int().min(0).max(100).default(20),
});
export type PluginLimits = Readonly<z.infer<typeof PluginLimits>>;

const unique = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** Of JSON, for all its tools: models read it with every question, and its owner before it is installed. */
const MOST_TOOL_CHARACTERS = 65_536;

/**
 * First words that no plugin has, beside those of the house's tools. Threat: the turn itself answers to `plan.commit` and
 * `quarantine.ask`, which are in no list of tools; a plugin's words would stand in their place before models.
 */
const KEPT_WORDS: readonly string[] = [
  ...[PLAN_TOOL, READER_TOOL].map((name) => name.split(".")[0] ?? name),
  "agent",
  "house",
  "mcp",
  "moltbot",
  "plugin",
  "plugins",
  "skill",
  "skills",
  "system",
];

/** What a plugin says of itself; the house holds it to every word. */
export const PluginManifest = z
  .strictObject({
    manifest: z.literal(1),
    name: PluginName,
    version: PackageVersion,
    title: plainLine(60),
    description: plainLine(300),
    author: plainLine(80).exactOptional(),
    licence: plainLine(40).exactOptional(),
    homepage: z
      .url({ protocol: /^https$/ })
      .max(200)
      .exactOptional(),
    /** The one module that is run; it may import `@moltbot/plugin-sdk` and nothing else. */
    main: z.literal("main.js").default("main.js"),
    tools: z.array(PluginTool).max(20).readonly(),
    permissions: z.array(PluginPermission).max(10).readonly().default([]),
    limits: PluginLimits.prefault({}),
    /** Which data it gets to see, as its author says it. */
    sees: z.array(plainLine(120)).max(10).readonly().default([]),
  })
  .refine(({ name }) => !KEPT_WORDS.includes(name), "its name is a word that the house keeps for itself")
  .refine(
    ({ name, tools }) => tools.every((tool) => ToolName.safeParse(`${name}.${tool.name}`).success),
    "the name of a tool is too long behind the plugin's own",
  )
  .refine(({ tools }) => unique(tools.map(({ name }) => name)), "two tools have one name")
  .refine(
    ({ tools }) => JSON.stringify(tools).length <= MOST_TOOL_CHARACTERS,
    `its tools are described in more than ${String(MOST_TOOL_CHARACTERS)} characters`,
  )
  .refine(
    ({ permissions }) => unique(permissions.map((one) => (one.kind === "secret" ? `secret ${one.name}` : one.kind))),
    "a permission stands there twice",
  )
  .refine(
    ({ permissions }) =>
      permissions.every(
        (one) =>
          one.kind !== "secret" || permissions.some((other) => other.kind === "http" && other.hosts.includes(one.host)),
      ),
    "a secret is for a host that the http permission does not name",
  )
  .refine(
    ({ tools }) =>
      tools.every(({ input, roles = {} }) =>
        [...input.required, ...Object.keys(roles)].every((name) => Object.hasOwn(input.properties, name)),
      ),
    "a required argument or a role is for an argument that the tool does not have",
  );
export type PluginManifest = Readonly<z.infer<typeof PluginManifest>>;

/** The permission of that kind (of secrets the first); null: it has none. */
export const permissionOf = <K extends PluginPermission["kind"]>(
  { permissions }: Pick<PluginManifest, "permissions">,
  kind: K,
): PermissionOf<K> | null => {
  const isOfKind = (one: PluginPermission): one is PermissionOf<K> => one.kind === kind;
  return permissions.find(isOfKind) ?? null;
};

/** What the owner said beyond the manifest when installing: hosts where it lets them choose, and which secret is meant. */
export const PluginChoices = z.strictObject({
  hosts: z.array(PluginHost).max(50).readonly().default([]),
  /** Local name → name in the vault of whoever the turn runs for, otherwise the house's. Absent: the same name. */
  secrets: z.record(PluginSecretName, z.string().min(1).max(64)).default({}),
});
export type PluginChoices = Readonly<z.infer<typeof PluginChoices>>;

/** Every host that the plugin may reach, sorted: of the manifest, and of the owner's choice where it leaves one. */
export const hostsOf = (
  manifest: Pick<PluginManifest, "permissions">,
  choices: Pick<PluginChoices, "hosts">,
): readonly string[] => {
  const http = permissionOf(manifest, "http");
  if (http === null) return [];
  return [...new Set([...http.hosts, ...(http.chosen ? choices.hosts : [])])].toSorted();
};

/**
 * What calls of a plugin do to the world. All its tools share one memory, so that whatever one of them was told another may send:
 * none does less than the permissions allow.
 */
export const effectOf = (manifest: Pick<PluginManifest, "permissions">): EffectClass => {
  const http = permissionOf(manifest, "http");
  if (http === null) return "read";
  return http.methods.every((method) => method === "GET" || method === "HEAD") ? "fetch" : "send";
};

/** A plugin as the API shows it. */
export const PluginInfo = z.strictObject({
  name: PluginName,
  version: PackageVersion,
  digest: z.string(),
  signer: z.strictObject({ key: SigningKey, name: z.string() }),
  manifest: PluginManifest,
  choices: PluginChoices,
  effect: EffectClass,
  /** What it may touch, a line each, in the house's own words. */
  touches: z.array(z.string()).readonly(),
  /** `stopped`: by a person; `faulty`: it is not what was installed, or its restarts are spent. */
  state: z.enum(["ready", "stopped", "faulty"]),
  /** Why it is faulty; null otherwise. */
  problem: z.string().nullable(),
  /** Processes that run for it now. */
  processes: z.int(),
  /** Agents of whoever asks that may use it. */
  agents: z.array(AgentId).readonly(),
  /** An update that waits for a yes, because it may do more. */
  waiting: z
    .strictObject({ version: PackageVersion, digest: z.string(), widens: z.array(z.string()).readonly() })
    .nullable(),
  installedAt: Instant,
  updatedAt: Instant,
});
export type PluginInfo = Readonly<z.infer<typeof PluginInfo>>;

/** One request that a trial of a plugin may make, and what it is answered; nothing is dialled. */
export const PluginTrialAnswer = z.strictObject({
  url: z.string().max(4_096),
  method: z.enum(HTTP_METHODS).default("GET"),
  status: z.int().min(100).max(599).default(200),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().max(262_144).default(""),
});
export type PluginTrialAnswer = Readonly<z.infer<typeof PluginTrialAnswer>>;

/** What a trial call came to, and what the plugin asked of the house on its way. */
export const PluginTrialReport = z.strictObject({
  ok: z.boolean(),
  /** What the tool gave back, as JSON text; null where it failed. */
  result: z.string().nullable(),
  problem: z.strictObject({ code: z.string(), says: z.string() }).nullable(),
  asked: z.array(z.strictObject({ method: z.string(), says: z.string(), refused: z.string().nullable() })).readonly(),
  /** What it wrote; where it could not be loaded, the last line is why, in the words of its engine. */
  logged: z.array(z.string()).readonly(),
  /** Tools that its manifest declares and its program does not have. */
  missing: z.array(z.string()).readonly(),
  milliseconds: z.number(),
});
export type PluginTrialReport = Readonly<z.infer<typeof PluginTrialReport>>;

/** Whether a name is an event that plugins may hear. */
export const isHearable = (name: string): name is HearableEvent =>
  Object.hasOwn(EVENT_KINDS, name) && HEARABLE.some((one) => one === name);
