import type {
  Capability,
  CapabilityId,
  CapabilityUse,
  DecisionInput,
  ManifestFacts,
  ToolCall,
} from "@moltbot/contracts";
import { linksOf } from "./capability-match.ts";
import { sizeOf } from "./constraints/usage.ts";
import { factsOf } from "./facts.ts";

const COUNTING: ReadonlySet<string> = new Set(["rate", "count", "cost", "bytes"]);

/** Whether a capability limits how often or how much, so that its uses must be kept. */
export const counts = ({ constraints }: Pick<Capability, "constraints">): boolean =>
  constraints.some(({ kind }) => COUNTING.has(kind));

const amountsOf = (call: ToolCall): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(call.arguments).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );

/** The uses to write down when a capability allowed a call: a use of the child is a use of each that it hangs on and that counts something. */
export const usesOf = (id: CapabilityId, manifest: ManifestFacts, input: DecisionInput): readonly CapabilityUse[] => {
  const facts = factsOf(manifest, input);
  const held = facts.find(id);
  return (held === undefined ? [] : linksOf(held, facts)).filter(counts).map((capability) => ({
    capabilityId: capability.id,
    callId: input.call.id,
    at: input.now,
    bytes: sizeOf(input.call) ?? 0,
    amounts: amountsOf(input.call),
  }));
};
