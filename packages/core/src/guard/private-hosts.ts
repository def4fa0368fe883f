import type { Capability, Constraint, DecisionInput, ResolvedResource } from "@moltbot/contracts";
import { covers, rootOf } from "./capability-match.ts";
import type { Facts } from "./facts.ts";
import { denyResource, needsOwnGrant } from "./never-allowed.ts";
import type { Deny } from "./refusal.ts";

const named = ({ argument, value }: ResolvedResource, { constraints }: Pick<Capability, "constraints">): boolean =>
  constraints.some((one) => one.kind === "host-in" && one.argument === argument && one.hosts.includes(value));

/**
 * Whether what a person granted names every private host of the call. The person's own words do not: they may be a link that was
 * pasted. Nor does what agents add while handing on.
 */
export const namesPrivateHosts = (capability: Capability, facts: Facts): boolean =>
  facts.input.resources.every((one) => !needsOwnGrant(one) || named(one, rootOf(capability, facts)));

/** The refusal of a call to a private host that no grant names which covers the call; nobody is asked about it. */
export const closedPrivateHost = (facts: Facts): Deny | null => {
  const { input, manifest } = facts;
  const host = input.resources.find(needsOwnGrant);
  if (host === undefined) return null;
  const isGranted = input.capabilities.some(
    (capability) => covers(capability, manifest, input, facts) && namesPrivateHosts(capability, facts),
  );
  return isGranted ? null : denyResource(manifest.name, host, host.refusal ?? "ADDRESS_REFUSED");
};

/** The private hosts of a call that was decided to be allowed, as limits for its run: a yes to the call lifts none of its own. */
export const privateHostBounds = ({ resources }: Pick<DecisionInput, "resources">): readonly Constraint[] =>
  resources.filter(needsOwnGrant).map(({ argument, value }) => ({ kind: "host-in", argument, hosts: [value] }));
