import type { Capability, CapabilityId, DecisionInput, ManifestFacts, ToolCall } from "@moltbot/contracts";
import type { CallFacts } from "./constraints/index.ts";
import { sizeOf } from "./constraints/usage.ts";
import { argumentOf, criticalArguments } from "./critical-arguments.ts";
import { once } from "./once.ts";
import { everySinkMayRead } from "./readers.ts";
import { createReader, isStated } from "./stated/index.ts";

/** One decision's input, with what follows from it worked out once, when first asked for. */
export interface Facts {
  readonly input: DecisionInput;
  readonly manifest: ManifestFacts;
  readonly critical: readonly string[];
  /** Whether the agents that the call names lead to the caller. */
  readonly chained: () => boolean;
  /** A capability of this input by its id. */
  readonly find: (id: CapabilityId) => Capability | undefined;
  /** What the constraints of the capability with that id look at. */
  readonly forConstraintsOf: (id: CapabilityId) => CallFacts;
  /** Every argument that the call holds or its manifest calls critical. */
  readonly carried: () => readonly string[];
  /** Whether everybody whom the call reaches may know all that was in view. */
  readonly sinksMayRead: () => boolean;
  /** Whether the authority's own words fix this argument: only a critical one that has a role. */
  readonly stated: (argument: string) => boolean;
}

/** An agent that stands twice in a chain, or a chain that does not end with the caller, is no chain of delegation. */
const isChain = ({ agentChain, agentId }: ToolCall): boolean =>
  agentChain.at(-1) === agentId && (agentChain.length === 1 || new Set(agentChain).size === agentChain.length);

export const factsOf = (manifest: ManifestFacts, input: DecisionInput): Facts => {
  const { call } = input;
  const critical = criticalArguments(manifest, call.arguments);
  const byId = once(() => new Map(input.capabilities.map((capability) => [capability.id, capability])));
  const usageById = once(() => new Map(input.usage.map((usage) => [usage.capabilityId, usage])));
  const unused: CallFacts = {
    call,
    manifest,
    resources: input.resources,
    now: input.now,
    size: once(() => sizeOf(call)),
  };
  const stated = new Map<string, boolean>();
  const reader = once(createReader);
  const findStated = (name: string): boolean => {
    const role = manifest.roles !== undefined && Object.hasOwn(manifest.roles, name) ? manifest.roles[name] : undefined;
    return critical.includes(name) && isStated(argumentOf(call.arguments, name), role, input.stated, reader());
  };
  return {
    input,
    manifest,
    critical,
    chained: once(() => isChain(call)),
    find: (id) => byId().get(id),
    forConstraintsOf: (id) => {
      const usage = input.usage.length === 0 ? undefined : usageById().get(id);
      return usage === undefined ? unused : { ...unused, usage };
    },
    carried: once(() => [...new Set([...critical, ...Object.keys(call.arguments)])]),
    sinksMayRead: once(() => everySinkMayRead(call, input.resources)),
    stated: (name) => {
      const known = stated.get(name);
      if (known !== undefined) return known;
      const found = findStated(name);
      stated.set(name, found);
      return found;
    },
  };
};
