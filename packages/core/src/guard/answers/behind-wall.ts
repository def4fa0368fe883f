import { instantOf } from "@moltbot/contracts";
import type { Constraint, ManifestFacts, Proposal, ResolvedResource, ToolCall } from "@moltbot/contracts";
import { needsOwnGrant } from "../never-allowed.ts";
import { limitsProblem } from "./constraints.ts";

/** The limit that is proposed does not look at the time. */
const ANY_TIME = instantOf(0);

/**
 * For the rest of a conversation, any program that reaches no other hosts than this one: what bounds a program is the wall, not its
 * words, for an interpreter that may run runs anything. Null for what is no program, for what has no list of hosts that could be
 * bounded, and where a private host is concerned, which is granted by its own name alone.
 */
export const behindWall = (
  call: ToolCall,
  manifest: ManifestFacts,
  resources: readonly ResolvedResource[],
): Proposal | null => {
  if (manifest.effect !== "execute" || resources.some(needsOwnGrant)) return null;
  const hosts = resources.filter(({ kind }) => kind === "host");
  const constraints = Object.entries(manifest.roles ?? {})
    .filter(([, role]) => role === "url")
    .map(([argument]): Constraint => {
      const own = hosts.filter((host) => host.argument === argument).map(({ value }) => value);
      return { kind: "host-in", argument, hosts: [...new Set(own)].toSorted() };
    });
  if (constraints.length === 0 || limitsProblem(constraints, { call, manifest, resources }, ANY_TIME) !== null)
    return null;
  return { constraints, seen: 0, scope: "conversation" };
};
