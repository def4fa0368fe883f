import type { Constraint, NearestGrant, ResolvedResource, ToolCall, ToolManifest } from "@moltbot/contracts";
import { argumentOf } from "./capability-match.ts";
import { criticalArguments } from "./critical-arguments.ts";

/** A fetch is bounded by the hosts it reaches; every other critical argument by its exact value. */
const boundOn = (
  argument: string,
  call: ToolCall,
  manifest: ToolManifest,
  resources: readonly ResolvedResource[],
): Constraint => {
  const hosts = resources.filter((resource) => resource.kind === "host" && resource.argument === argument);
  return manifest.effect === "fetch" && hosts.length > 0
    ? { kind: "host-in", argument, hosts: [...new Set(hosts.map(({ value }) => value))].toSorted() }
    : { kind: "equals", argument, value: argumentOf(call.arguments, argument) };
};

/** The narrowest grant that would have allowed this call; an answer with a wider scope grants exactly this. */
export const nearestGrant = (
  call: ToolCall,
  manifest: ToolManifest,
  resources: readonly ResolvedResource[],
): NearestGrant => {
  const hostArguments =
    manifest.effect === "fetch" ? resources.filter(({ kind }) => kind === "host").map(({ argument }) => argument) : [];
  const bound = new Set([...criticalArguments(manifest, call.arguments), ...hostArguments]);
  return {
    tool: manifest.name,
    permissions: [...manifest.permissions],
    constraints: [...bound].map((argument) => boundOn(argument, call, manifest, resources)),
  };
};
