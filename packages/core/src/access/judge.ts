import type { AccessAnswer, AccessFacts, AccessRight } from "@moltbot/contracts";
import {
  conversationsAreRead,
  denyWins,
  nothingSaid,
  onlyActive,
  onlyOfActive,
  ownerMay,
  sharesGive,
} from "./rules.ts";
import type { AccessRule } from "./rules.ts";

/** The rules in the order in which they decide. */
export const ACCESS_RULES: readonly AccessRule[] = Object.freeze([
  onlyActive,
  ownerMay,
  onlyOfActive,
  conversationsAreRead,
  denyWins,
  sharesGive,
]);

/** Judges by these rules alone; what none of them decides is refused. */
export const judgeBy =
  (rules: readonly AccessRule[]) =>
  (facts: AccessFacts, right: AccessRight): AccessAnswer => {
    for (const rule of rules) {
      const answer = rule(facts, right);
      if (answer !== null) return answer;
    }
    return nothingSaid(right);
  };

/**
 * Whether the person may do this with the object, and which rules decide, the first one first. Roles are no part of it: they say
 * which operations somebody may call, never whose things they see.
 */
export const judge = judgeBy(ACCESS_RULES);
