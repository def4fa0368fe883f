import type { ARGUMENT_ORIGINS, Capability } from "@moltbot/contracts";
import { bounds, rootOf } from "./capability-match.ts";
import type { Facts } from "./facts.ts";
import { isLiteral } from "./plan/planned.ts";

type Origin = (typeof ARGUMENT_ORIGINS)[number];

/**
 * Whether the owner fixed a critical argument before anything untrusted could choose it: in their own words, by a plan that
 * came first, or through the directory that they confirmed. What a capability bounds is judged with the capability.
 */
export const isEndorsed = (name: string, facts: Facts): boolean =>
  facts.stated(name) || facts.clean(name) || facts.inDirectory(name);

/** Where an argument's value came from, best first; `covering` are the capabilities that cover the call. */
export const originOf = (name: string, facts: Facts, covering: readonly Capability[]): Origin => {
  if (facts.stated(name)) return "stated";
  if (covering.some((capability) => bounds(rootOf(capability, facts), name))) return "granted";
  const step = facts.planned();
  if (step !== null && isLiteral(step, name)) return "planned";
  if (facts.inDirectory(name)) return "directory";
  return facts.labelOf(name).integrity === "authority" ? "model" : "untrusted";
};
