import type { Capability, Scope } from "@moltbot/contracts";
import { fixes, linksOf, rootOf } from "./capability-match.ts";
import type { Facts } from "./facts.ts";
import { releases } from "./readers.ts";

/** What is asked when something does not hold. */
export interface Asking {
  readonly rule: string;
  readonly why: string;
  /** The same of a call that a plan fixed before: nothing in view chose it. */
  readonly whyPlanned?: string;
  readonly scopes: readonly Scope[];
}

/** What a capability that covers the call must satisfy besides. */
export interface Requirement extends Asking {
  /** What one lacks that covers the call and does not satisfy this, as the end of a sentence. */
  readonly lack: string;
  readonly satisfiedBy: (capability: Capability, facts: Facts) => boolean;
}

/** Every scope. */
export const EVERY: readonly Scope[] = ["once", "task", "conversation", "always"];
/** How a reason begins that lies in what was in view. */
export const UNTRUSTED = "It was chosen while content from outside was in view";

/**
 * Invariant I4, argument by argument: whoever gets the call may know what the value was made of; or the owner fixed it, so that
 * nothing that was read hides in it; or it was released.
 */
export const carriesNothingAway = (capability: Capability, facts: Facts): boolean => {
  const root = rootOf(capability, facts);
  const isReleased = (argument: string): boolean => {
    const label = facts.labelOf(argument);
    return linksOf(capability, facts).every((link) => releases(link, { label }, facts.input.resources));
  };
  return facts
    .carried()
    .every(
      (argument) =>
        facts.sinksMayRead(argument) ||
        facts.clean(argument) ||
        facts.stated(argument) ||
        fixes(root, argument) ||
        isReleased(argument) ||
        facts.released(),
    );
};
