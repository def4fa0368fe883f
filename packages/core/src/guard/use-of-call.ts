import type { Capability, CapabilityId, CapabilityUse, DecisionInput, Instant, ToolCall } from "@moltbot/contracts";
import { canonicalText } from "./canonical.ts";

const COUNTING: ReadonlySet<string> = new Set(["rate", "count", "cost", "bytes"]);

/** Whether a capability limits how often or how much, so that its uses must be kept. */
export const counts = ({ constraints }: Pick<Capability, "constraints">): boolean =>
  constraints.some(({ kind }) => COUNTING.has(kind));

/** How many bytes a text has in UTF-8 (RFC 3629); a lone surrogate counts as its replacement, three. */
export const utf8Length = (text: string): number => {
  let length = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return length;
};

const amountsOf = (call: ToolCall): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(call.arguments).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );

/** The capability that allowed a call and those it hangs on: a use of the child is a use of each. */
const lineage = (id: CapabilityId, { capabilities, call }: DecisionInput): readonly Capability[] => {
  const found: Capability[] = [];
  let next: CapabilityId | null = id;
  while (next !== null && found.length < call.agentChain.length) {
    const held: Capability | undefined = capabilities.find((one) => one.id === next);
    if (held === undefined) break;
    found.push(held);
    next = held.parent;
  }
  return found;
};

/** The uses to write down when a capability allowed a call: of those in its lineage that count something. */
export const usesOf = (id: CapabilityId, input: DecisionInput, at: Instant): readonly CapabilityUse[] =>
  lineage(id, input)
    .filter(counts)
    .map((capability) => ({
      capabilityId: capability.id,
      callId: input.call.id,
      at,
      bytes: utf8Length(canonicalText(input.call.arguments) ?? ""),
      amounts: amountsOf(input.call),
    }));
