/**
 * The typed limits of a grant: one file for each family, one rule for each kind. A kind that has no rule never holds, and
 * a rule never throws over what a constraint of its kind may carry.
 */
import type { Constraint } from "@moltbot/contracts";
import { hostIn, methodIn, pathPrefix, pathWithin, programIn, recipientIn } from "./resources.ts";
import { reversible } from "./reversible.ts";
import type { CallFacts } from "./rule.ts";
import { timeWindow } from "./time-window.ts";
import { bytes, cost, count, rate } from "./usage.ts";
import { atMost, equals, matches, oneOf } from "./values.ts";

export type { CallFacts } from "./rule.ts";

/** Whether a constraint holds for a call, what it resolves to and what was used before. */
export const constraintHolds = (constraint: Constraint, facts: CallFacts): boolean => {
  switch (constraint.kind) {
    case "equals":
      return equals(constraint, facts);
    case "one-of":
      return oneOf(constraint, facts);
    case "at-most":
      return atMost(constraint, facts);
    case "host-in":
      return hostIn(constraint, facts);
    case "method-in":
      return methodIn(constraint, facts);
    case "path-prefix":
      return pathPrefix(constraint, facts);
    case "path-within":
      return pathWithin(constraint, facts);
    case "matches":
      return matches(constraint, facts);
    case "recipient-in":
      return recipientIn(constraint, facts);
    case "program-in":
      return programIn(constraint, facts);
    case "rate":
      return rate(constraint, facts);
    case "count":
      return count(constraint, facts);
    case "cost":
      return cost(constraint, facts);
    case "bytes":
      return bytes(constraint, facts);
    case "time-window":
      return timeWindow(constraint, facts);
    case "reversible":
      return reversible(constraint, facts);
    default:
      // What no schema let in. A kind of the contract that has no rule above does not compile.
      constraint satisfies never;
      return false;
  }
};

/** The first constraint that does not hold; null when all do. */
export const firstUnmet = (constraints: readonly Constraint[], facts: CallFacts): Constraint | null => {
  for (const constraint of constraints) {
    if (!constraintHolds(constraint, facts)) return constraint;
  }
  return null;
};
