import { CapabilityId, PLUGIN_GRANT, STARTING_GRANT, pluginGrantBounds } from "@moltbot/contracts";
import type { AgentId, Capability, Constraint, Principal, ToolManifest } from "@moltbot/contracts";
import type { House } from "./house.ts";

const startingConstraints = (tool: ToolManifest): readonly Constraint[] => {
  if (tool.plugin !== undefined) return pluginGrantBounds(tool) ?? [];
  const isPath = (name: string): boolean =>
    tool.roles?.[name] === "path" || (name === "path" && tool.critical.includes(name));
  const names = [...new Set([...tool.critical, ...Object.keys(tool.roles ?? {})])].filter(isPath);
  return names.map((argument) => ({ kind: "path-within", argument, root: "" }));
};

/**
 * Whether a tool comes with a grant: nothing that reaches the network, commits, sends or executes does; those ask. Skills are granted
 * one by one, by who gives them. A plugin fetches from the hosts that its owner was shown, and writes nothing of the house's.
 */
export const startsGranted = ({
  effect,
  permissions,
  plugin,
}: Pick<ToolManifest, "effect" | "permissions" | "plugin">): boolean =>
  plugin === undefined
    ? (effect === "read" || effect === "write") && !permissions.includes("skill:read")
    : pluginGrantBounds({ effect, plugin }) !== null;

/** The grants that come with these tools: what an agent may do inside its own workspace and memory without asking. */
export const startingGrants = (
  { tools, ids, clock }: Pick<House, "tools" | "ids" | "clock">,
  owner: Principal,
  holder: AgentId,
  names: readonly string[],
  epoch: number,
): readonly Capability[] =>
  tools
    .catalog()
    .filter((tool) => names.includes(tool.name) && startsGranted(tool))
    .map((tool) => ({
      id: ids.next(CapabilityId),
      tenantId: owner.tenantId,
      holder,
      tool: tool.name,
      permissions: [...tool.permissions],
      constraints: [...startingConstraints(tool)],
      rights: ["use"],
      reach: { kind: "always" },
      expiresAt: "never",
      parent: null,
      epoch,
      issuedBy: owner.id,
      issuedAt: clock.now(),
      revokedAt: null,
      reason: tool.plugin === undefined ? STARTING_GRANT : PLUGIN_GRANT,
    }));
