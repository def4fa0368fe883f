import type { Constraint, ResolvedResource } from "@moltbot/contracts";
import { behalfOf, parseTarget } from "../egress/index.ts";
import type { Target, ToolAuthority } from "../egress/index.ts";
import { requestLimits } from "./request-limits.ts";
import type { ToolRun } from "./tool.ts";

/** The host of an argument, as the guard looks at it. A request is a message to its host, and nobody knows who reads there. */
export const hostResource = (
  argument: string,
  { authority, refusal, grantable }: Pick<Target, "authority" | "refusal" | "grantable">,
): ResolvedResource => ({
  argument,
  kind: "host",
  value: authority,
  readers: "public",
  refusal,
  ...(grantable ? { grantable } : {}),
});

const isPrivate = (place: string): boolean => {
  const target = parseTarget(`http://${place}/`);
  return target.ok && target.value.grantable;
};

/** The hosts that all limits on this argument name, where one of them is private; a grant of public ones says nothing here. */
const grantedBy = (bounds: readonly Constraint[], argument: string): readonly string[] => {
  const lists = bounds.flatMap((one) => (one.kind === "host-in" && one.argument === argument ? [one.hosts] : []));
  const named = lists[0]?.filter((host) => lists.every((hosts) => hosts.includes(host))) ?? [];
  return named.some(isPrivate) ? named : [];
};

/**
 * On whose word a run reaches hosts (`host:port`) that its call names in `argument`: these and no others, private ones where its
 * grant names them, within its grant's methods and paths, on record for its call.
 */
export const toolAuthority = (
  { call, bounds }: Pick<ToolRun, "call" | "bounds">,
  hosts: readonly string[],
  argument = "url",
): ToolAuthority => ({
  kind: "tool",
  hosts,
  granted: grantedBy(bounds, argument),
  limits: requestLimits(bounds),
  tool: call.tool,
  behalf: behalfOf(call),
});
