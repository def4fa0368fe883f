import type { Capability } from "@moltbot/contracts";
import { rowFor } from "../effect-table.ts";
import type { Facts } from "../facts.ts";

const lackOf = (capability: Capability, facts: Facts): string | null => {
  const { requirements, conditions = [] } = rowFor(facts);
  const broken = conditions.find((condition) => !condition.holds(facts));
  if (broken !== undefined) return broken.lack;
  return requirements.find((requirement) => !requirement.satisfiedBy(capability, facts))?.lack ?? null;
};

/** Why a capability does not suffice although it covers the call; null when by itself it would let the call happen unasked. */
export const shortfallOf = (capability: Capability, facts: Facts): string | null => {
  const lack = lackOf(capability, facts);
  return lack === null ? null : `it covers the call, but ${lack}`;
};
