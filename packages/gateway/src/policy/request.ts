import { millisecondsOf } from "@moltbot/contracts";
import type { JsonValue, PolicyFacts, ResolvedResource } from "@moltbot/contracts";
import type { StatefulAuthorizationCall, TypeAndId } from "@cedar-policy/cedar-wasm/nodejs";
import { canonicalJson } from "./canonical-json.ts";

/** One question to the policy, as Cedar takes it. */
export type PolicyRequest = Pick<
  StatefulAuthorizationCall,
  "principal" | "action" | "resource" | "context" | "entities"
>;

/** A longer call cannot be judged: cutting it would let padding hide what a policy looks for. */
const LONGEST_ARGUMENTS = 256 * 1024;

const ARGUMENTS: TypeAndId = Object.freeze({ type: "Arguments", id: "arguments" });

const entity = (type: string, id: string) => ({ __entity: { type, id } });

/** Text as it is: a policy that had to write quotation marks within quotation marks would match nothing, silently. */
const asText = (value: JsonValue): string => (typeof value === "string" ? value : canonicalJson(value));

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const tagsOf = (given: PolicyFacts["call"]["arguments"]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given)
      .map(([name, value]): [string, string] => [name, asText(value)])
      .toSorted(byName),
  );

const valuesOf = (resources: readonly ResolvedResource[], kind: ResolvedResource["kind"]): string[] =>
  [...new Set(resources.filter((one) => one.kind === kind).map(({ value }) => value))].toSorted();

/** The facts of a call in the words of the schema; null when there is more of it than a policy can look at. */
export const requestOf = ({ call, manifest, resources, now }: PolicyFacts): PolicyRequest | null => {
  const bytes = Buffer.byteLength(canonicalJson(call.arguments));
  if (bytes > LONGEST_ARGUMENTS) return null;
  const at = new Date(millisecondsOf(now));
  return {
    principal: { type: "Agent", id: call.agentId },
    action: { type: "Action", id: manifest.effect },
    resource: { type: "Tool", id: manifest.name },
    context: {
      effect: manifest.effect,
      tool: manifest.name,
      title: manifest.title,
      untrusted: call.label.integrity === "untrusted",
      arguments: { __entity: ARGUMENTS },
      hosts: valuesOf(resources, "host"),
      paths: valuesOf(resources, "path"),
      recipients: valuesOf(resources, "recipient"),
      permissions: [...manifest.permissions],
      bytes,
      undo: manifest.undo,
      hour: at.getUTCHours(),
      weekday: at.getUTCDay(),
      agentChain: call.agentChain.length,
      agents: call.agentChain.map((id) => entity("Agent", id)),
      conversation: entity("Conversation", call.conversationId),
      person: entity("Person", call.authority),
    },
    entities: [{ uid: ARGUMENTS, attrs: {}, parents: [], tags: tagsOf(call.arguments) }],
  };
};
