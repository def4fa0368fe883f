import { label, joinAll, ok } from "@moltbot/contracts";
import type {
  AgentId,
  EffectClass,
  JsonObject,
  JsonValue,
  Label,
  ResolvedResource,
  ToolCall,
  ToolManifest,
  ToolName,
  Undo,
} from "@moltbot/contracts";
import { defineTool } from "@moltbot/execution/tools";
import type { Tool } from "@moltbot/execution/tools";
import { z } from "zod";
import { roleOf } from "./argument-role.ts";
import type { CorpusTool } from "./corpus.ts";
import { leavesOf } from "./same-value.ts";
import type { World } from "./world.ts";

const isDestructive = ({ note }: CorpusTool): boolean => /\bdestructive\b/i.test(note ?? "");

/** What the labels of a recorded tool say that it does to the world. */
const effectOf = (tool: CorpusTool): { readonly effect: EffectClass; readonly undo: Undo } => {
  switch (tool.effect) {
    case "none":
      return { effect: "read", undo: "none" };
    case "egress":
      return { effect: "fetch", undo: "none" };
    case "external":
      return isDestructive(tool)
        ? { effect: "commit", undo: "irreversible" }
        : { effect: "send", undo: "irreversible" };
    case "internal":
      return isDestructive(tool) ? { effect: "commit", undo: "irreversible" } : { effect: "write", undo: "undoable" };
  }
};

/** The tool's own JSON Schema, strict at the top: an argument that it does not name is refused. */
export const inputOf = ({ parameters }: CorpusTool): z.ZodType<JsonObject> => {
  const properties = parameters["properties"];
  const named = typeof properties === "object" && properties !== null && !Array.isArray(properties) ? properties : {};
  const schema = { ...parameters, type: "object", properties: named, additionalProperties: false };
  try {
    // The corpus is JSON, and an object by the line above.
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]) as z.ZodType<JsonObject>;
  } catch {
    // A keyword that nobody here knows: the names still count, and any JSON fits them.
    return z
      .record(z.string(), z.json())
      .refine((given) => Object.keys(given).every((name) => Object.hasOwn(named, name)));
  }
};

/** The arguments by which a call decides what happens to whom: those that the tool takes. */
const criticalOf = (tool: CorpusTool): readonly string[] => {
  const properties = tool.parameters["properties"];
  const known = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  return tool.sink_args.filter((name) => known.includes(name));
};

export const manifestOf = (tool: CorpusTool, name: ToolName): ToolManifest => {
  const critical = criticalOf(tool);
  const { effect, undo } = effectOf(tool);
  return Object.freeze<ToolManifest>({
    name,
    version: 1,
    title: name.replaceAll(".", " "),
    description: tool.description,
    effect,
    undo,
    permissions: [`corpus:${effect}`],
    input: inputOf(tool),
    critical,
    roles: Object.fromEntries(critical.map((argument) => [argument, roleOf(argument)])),
    result: tool.output_third_party_by_data_model ? "untrusted" : "context",
    repeatable: false,
  });
};

/** `host:port` of an address as people write it, with or without a scheme. */
const hostOf = (url: string): string => {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `https://${url}`;
  if (!URL.canParse(whole)) return url;
  const { hostname, port, protocol } = new URL(whole);
  return `${hostname}:${port === "" ? (protocol === "http:" ? "80" : "443") : port}`;
};

const valueText = (value: JsonValue): string => JSON.stringify(value);

const resourcesOf = (argument: string, value: JsonValue): readonly ResolvedResource[] => {
  switch (roleOf(argument)) {
    case "recipient":
      return leavesOf(value).map((person) => ({ argument, kind: "recipient", value: person, refusal: null }));
    case "url":
      return leavesOf(value).map((url) => ({
        argument,
        kind: "host",
        value: hostOf(url),
        readers: "public",
        refusal: null,
      }));
    default:
      return [{ argument, kind: "value", value: valueText(value), refusal: null }];
  }
};

/** A call that could go to people and names none of them reaches the owner alone, such as an appointment without guests. */
const ownerAlone = (argument: string, call: ToolCall): ResolvedResource => ({
  argument,
  kind: "recipient",
  value: "nobody else",
  readers: [call.authority],
  refusal: null,
});

/** A tool that leaves the machine and takes no address goes to one host of its own, of which nobody knows who reads there. */
const ownHost = (argument: string, { name }: ToolManifest): ResolvedResource => ({
  argument,
  kind: "host",
  value: `${name}.service.example:443`,
  readers: "public",
  refusal: null,
});

const resolveIn = (manifest: ToolManifest, given: JsonObject, call: ToolCall): readonly ResolvedResource[] => {
  const named = manifest.critical.filter((argument) => given[argument] !== undefined && given[argument] !== null);
  const resources = named.flatMap((argument) => resourcesOf(argument, given[argument] ?? null));
  const [first = Object.keys(given)[0] ?? "request"] = manifest.critical;
  if (manifest.effect === "fetch" && !resources.some(({ kind }) => kind === "host"))
    return [...resources, ownHost(first, manifest)];
  const goesToPeople =
    manifest.effect === "send" &&
    manifest.critical.length > 0 &&
    manifest.critical.every((argument) => roleOf(argument) === "recipient");
  return resources.length === 0 && goesToPeople ? [ownerAlone(first, call)] : resources;
};

/** From the data model alone: where a stranger can write, the answer is untrusted; what is private has the owner for its reader. */
const resultLabel = (tool: CorpusTool, manifest: ToolManifest, given: JsonObject, call: ToolCall): Label => {
  const integrity = tool.output_third_party_by_data_model ? "untrusted" : "authority";
  const readers = tool.output_private ? [call.authority] : "public";
  const hosts = resolveIn(manifest, given, call).filter(({ kind }) => kind === "host");
  const from = label(integrity, readers, [
    { kind: "tool", ref: manifest.name },
    ...hosts.map(({ value }) => ({ kind: "host", ref: value }) as const),
  ]);
  // What a host answers it gives to anybody; the request was released to it before it left.
  return manifest.effect === "fetch" ? from : joinAll([call.label, from]);
};

const argumentsText = (given: JsonObject): string =>
  Object.entries(given)
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(", ");

/** A recorded tool as a tool of the house: it answers as it was recorded and writes down what was asked of it. */
export const replayTool = (tool: CorpusTool, name: ToolName, worldOf: (agent: AgentId) => World): Tool => {
  const manifest = manifestOf(tool, name);
  return defineTool({
    manifest,
    input: manifest.input,
    seconds: 30,
    describe: (given) => `Calls ${name} with ${argumentsText(given)}.`,
    resolve: (given, call) => Promise.resolve(ok(resolveIn(manifest, given, call))),
    run: (given, { call }) => {
      const text = worldOf(call.agentId).act(tool, call.id, call.arguments);
      return Promise.resolve(
        ok({ text, summary: `${name} answered`, label: resultLabel(tool, manifest, given, call) }),
      );
    },
  });
};
