import type { Capability, DecisionInput, DecisionRecord, Verdict } from "@moltbot/contracts";
import { BESIDE_DECIDE } from "../beside-decide.ts";
import { decideAsThen } from "../decide.ts";

/** What is supposed to have been otherwise. */
export interface Change {
  /** Capabilities that would have been held; they count as issued at the moment of each decision. */
  readonly grant: readonly Capability[];
  /** Ids of capabilities that would not. */
  readonly revoke: ReadonlySet<string>;
  /** What the policy would have forbidden; null: as recorded. */
  readonly forbidden: ((input: DecisionInput) => readonly string[]) | null;
}

/** A policy that cannot be evaluated forbids. */
const forbiddenBy = (forbidden: NonNullable<Change["forbidden"]>, input: DecisionInput): readonly string[] => {
  try {
    return forbidden(input);
  } catch {
    return ["policy.failed"];
  }
};

/** How a decision comes out. */
interface Outcome {
  readonly kind: Verdict["kind"];
  readonly rule: string;
}

/**
 * What would have been decided. Everything else stays as recorded, the answers that people gave too; no answer is invented
 * where one would have been needed. A refusal that was made beside the decision stands, unless it only spared a question that
 * would not be put any more.
 */
export const replay = (
  { input, ...recorded }: Pick<DecisionRecord, "input" | "kind" | "rule">,
  { grant, revoke, forbidden }: Change,
): Outcome => {
  const beside = BESIDE_DECIDE.get(recorded.rule)?.stands;
  if (beside === "always") return { kind: recorded.kind, rule: recorded.rule };
  const kept = revoke.size === 0 ? input.capabilities : input.capabilities.filter(({ id }) => !revoke.has(id));
  const granted = grant
    .filter(({ tool }) => tool === input.call.tool)
    .map((capability): Capability => ({ ...capability, issuedAt: input.now, epoch: input.epoch }));
  const { kind, rule } = decideAsThen({
    ...input,
    capabilities: [...kept, ...granted],
    policy:
      forbidden === null ? input.policy : { version: input.policy.version, forbidden: forbiddenBy(forbidden, input) },
  });
  return beside === "for a question" && kind === "ask" ? { kind: recorded.kind, rule: recorded.rule } : { kind, rule };
};
