import { effectOf, err, hostsOf, moltbotError, ok, permissionOf, ToolName } from "@moltbot/contracts";
import type {
  JsonObject,
  JsonValue,
  PluginManifest,
  PluginTool,
  ResolvedResource,
  Result,
  ToolManifest,
} from "@moltbot/contracts";
import { parseTarget } from "../egress/index.ts";
import { defineTool, hostResource, quote } from "../tools/index.ts";
import type { Tool, ToolOutput, ToolRun } from "../tools/index.ts";
import { inputSchema } from "./input-schema.ts";
import type { PluginToRun } from "./plugin-host.ts";

/** Stands for what a plugin reaches, among the arguments of its calls. */
export const HOSTS = "hosts";
/** A process that must be started first, and a last ask, take their time too. */
const SECONDS_AROUND = 10;
const VERSION_DIGITS = 13;

/** What an archive is, as a tool's version: other bytes are another one. */
export const versionOf = (digest: string): number => Number.parseInt(digest.slice(0, VERSION_DIGITS), 16) + 1;

const permissionsOf = (manifest: PluginManifest): readonly string[] => [
  "plugin:call",
  ...(permissionOf(manifest, "http") === null ? [] : ["net:connect"]),
  ...(permissionOf(manifest, "storage") === null ? [] : ["plugin:store"]),
  ...(permissionOf(manifest, "tools") === null ? [] : ["plugin:use-tools"]),
];

/** What the house knows of one tool of a plugin; nothing of it but words is believed. */
export const toolManifest = ({ manifest, choices, digest }: PluginToRun, tool: PluginTool): ToolManifest => {
  const effect = effectOf(manifest);
  const critical = effect === "read" ? [] : Object.keys(tool.input.properties);
  return Object.freeze<ToolManifest>({
    name: ToolName.parse(`${manifest.name}.${tool.name}`),
    version: versionOf(digest),
    title: tool.title,
    description: tool.description,
    effect,
    permissions: permissionsOf(manifest),
    input: inputSchema(tool.input),
    critical,
    ...(tool.roles === undefined ? {} : { roles: tool.roles }),
    result: "untrusted",
    undo: effect === "send" ? "irreversible" : "none",
    repeatable: false,
    plugin: { name: manifest.name, hosts: hostsOf(manifest, choices) },
  });
};

const shown = (value: JsonValue): string => {
  if (typeof value === "string") return quote(value);
  return typeof value === "object" ? quote(JSON.stringify(value)) : String(value);
};

/** In the house's own words: a title that the author chose could say anything. */
const sentence = ({ name, plugin }: ToolManifest, args: JsonObject): string => {
  const given = Object.entries<JsonValue>(args).map(([argument, value]) => `${argument} ${shown(value)}`);
  const what = `Calls ${name} of the plugin ${plugin?.name ?? ""}`;
  return given.length === 0 ? `${what}.` : `${what} with ${given.join(", ")}.`;
};

/** Which plugin would run, by its bytes, what it may reach, and with which secrets: where one of them changed, the call is looked at again. */
const standsFor = ({ digest, choices }: PluginToRun, hosts: readonly string[]): ResolvedResource => ({
  argument: HOSTS,
  kind: "value",
  value: JSON.stringify(hosts),
  identity: [digest, ...Object.entries(choices.secrets).flat()].join(" "),
  refusal: null,
});

const resourcesOf = (
  plugin: PluginToRun,
  manifest: ToolManifest,
  args: JsonObject,
): Result<readonly ResolvedResource[]> => {
  const hosts = manifest.plugin?.hosts ?? [];
  if (manifest.effect !== "read" && hosts.length === 0)
    return err(moltbotError("PLUGIN_NO_HOST", { plugin: plugin.manifest.name }));
  const found: ResolvedResource[] = [];
  for (const host of hosts) {
    const target = parseTarget(`https://${host}/`);
    if (!target.ok) return target;
    found.push(hostResource(HOSTS, target.value));
  }
  const values = manifest.critical.map((argument): ResolvedResource => {
    const value = Object.hasOwn(args, argument) ? (args[argument] ?? null) : null;
    return { argument, kind: "value", value: JSON.stringify(value), refusal: null };
  });
  return ok([...found, standsFor(plugin, hosts), ...values]);
};

/** The hosts that a permit names; PERMIT_STALE where it was given for other bytes or another list of hosts. */
export const permittedHosts = (
  plugin: PluginToRun,
  { resources }: Pick<ToolRun, "resources">,
): Result<readonly string[]> => {
  const wanted = standsFor(plugin, hostsOf(plugin.manifest, plugin.choices));
  const isSame = resources.some(
    ({ argument, kind, value, identity }) =>
      argument === HOSTS && kind === "value" && value === wanted.value && identity === wanted.identity,
  );
  if (!isSame) return err(moltbotError("PERMIT_STALE"));
  return ok(resources.flatMap(({ argument, kind, value }) => (argument === HOSTS && kind === "host" ? [value] : [])));
};

/** A tool of a plugin as the house has its own; `run` is what happens behind the redeemed permit. */
export const pluginTool = (
  plugin: PluginToRun,
  tool: PluginTool,
  run: (name: string, args: JsonObject, run: ToolRun) => Promise<Result<ToolOutput>>,
): Tool => {
  const manifest = toolManifest(plugin, tool);
  return defineTool({
    manifest,
    input: manifest.input,
    seconds: plugin.manifest.limits.seconds + SECONDS_AROUND,
    describe: (args) => sentence(manifest, args),
    resolve: async (args) => resourcesOf(plugin, manifest, args),
    run: (args, admitted) => run(tool.name, args, admitted),
  });
};
