import type { Constraint, ManifestFacts, NearestGrant, ResolvedResource, ToolCall } from "@moltbot/contracts";
import { argumentOf, criticalArguments } from "./critical-arguments.ts";
import { everySinkMayRead } from "./readers.ts";

/** Where the call could carry away what was read, only the call as it stands may be granted: each value of it. */
const mustBeExact = (
  call: ToolCall,
  { effect }: Pick<ManifestFacts, "effect">,
  resources: readonly ResolvedResource[],
): boolean =>
  (effect === "fetch" || effect === "send") &&
  call.label.integrity !== "authority" &&
  !everySinkMayRead(call, resources);

/**
 * The narrowest grant that would have allowed this call; an answer with a wider scope grants exactly this. A fetch is
 * bounded by the hosts it reaches, every other critical argument by its exact value.
 */
export const nearestGrant = (
  call: ToolCall,
  manifest: ManifestFacts,
  resources: readonly ResolvedResource[],
): NearestGrant => {
  const hosts = manifest.effect === "fetch" ? resources.filter(({ kind }) => kind === "host") : [];
  const onHosts = [...new Set(hosts.map(({ argument }) => argument))].map((argument): Constraint => ({
    kind: "host-in",
    argument,
    hosts: [...new Set(hosts.filter((host) => host.argument === argument).map(({ value }) => value))].toSorted(),
  }));
  const critical = criticalArguments(manifest, call.arguments);
  const exact = mustBeExact(call, manifest, resources)
    ? [...new Set([...critical, ...Object.keys(call.arguments)])]
    : critical.filter((argument) => !onHosts.some((host) => "argument" in host && host.argument === argument));
  return {
    tool: manifest.name,
    permissions: [...manifest.permissions],
    constraints: [
      ...onHosts,
      ...exact.map((argument): Constraint => ({
        kind: "equals",
        argument,
        value: argumentOf(call.arguments, argument),
      })),
    ],
  };
};
