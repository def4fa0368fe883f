import type { ARGUMENT_ORIGINS, Capability } from "@moltbot/contracts";
import { bounds, rootOf } from "./capability-match.ts";
import type { Facts } from "./facts.ts";

type Origin = (typeof ARGUMENT_ORIGINS)[number];

/** Where an argument's value came from, best first; `covering` are the capabilities that cover the call. */
export const originOf = (name: string, facts: Facts, covering: readonly Capability[]): Origin => {
  if (facts.stated(name)) return "stated";
  if (covering.some((capability) => bounds(rootOf(capability, facts), name))) return "granted";
  return facts.input.call.label.integrity === "authority" ? "model" : "untrusted";
};
