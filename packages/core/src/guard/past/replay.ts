import type { Capability, DecisionInput, DecisionRecord, Verdict } from "@moltbot/contracts";
import { decide } from "../decide.ts";

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

/**
 * What would have been decided. Everything else stays as recorded, the answers that people gave too; no answer is invented
 * where one would have been needed.
 */
export const replay = (
  { input }: Pick<DecisionRecord, "input">,
  { grant, revoke, forbidden }: Change,
): { readonly kind: Verdict["kind"]; readonly rule: string } => {
  const kept = revoke.size === 0 ? input.capabilities : input.capabilities.filter(({ id }) => !revoke.has(id));
  const granted = grant
    .filter(({ tool }) => tool === input.call.tool)
    .map((capability): Capability => ({ ...capability, issuedAt: input.now, epoch: input.epoch }));
  const { kind, rule } = decide({
    ...input,
    capabilities: [...kept, ...granted],
    policy:
      forbidden === null ? input.policy : { version: input.policy.version, forbidden: forbiddenBy(forbidden, input) },
  });
  return { kind, rule };
};
