import type { Capability, Constraint } from "./capability.ts";
import type { ToolManifest } from "./tool.ts";

/** The reason that the grants carry which come with a plugin's tools. */
export const PLUGIN_GRANT = "granted with the plugin: to read, and to fetch from exactly the hosts that were shown";

/** The reason that the grants carry which come with a skill. */
export const skillGrantReason = (skill: string): string => `The skill ${skill}`;

/** What bounds the grant that comes with a plugin's tool: what it reaches, whatever its arguments are called. Null: none comes. */
export const pluginGrantBounds = ({
  effect,
  plugin,
}: Pick<ToolManifest, "effect" | "plugin">): readonly Constraint[] | null => {
  if (plugin === undefined) return null;
  if (effect === "read") return [];
  return effect === "fetch" ? [{ kind: "host-in", argument: "hosts", hosts: [...plugin.hosts] }] : null;
};

type Given = Pick<Capability, "tool" | "reason" | "permissions" | "constraints">;

const isSameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((word, at) => word === other[at]);

const isSameBound = (one: Constraint | undefined, other: Constraint): boolean =>
  one?.kind === "host-in" &&
  other.kind === "host-in" &&
  one.argument === other.argument &&
  isSameList(one.hosts, other.hosts);

const comesWithPlugin = ({ reason, constraints }: Given, tool: ToolManifest): boolean => {
  const bounds = pluginGrantBounds(tool);
  return (
    reason === PLUGIN_GRANT &&
    constraints.length === bounds?.length &&
    bounds.every((bound, at) => isSameBound(constraints[at], bound))
  );
};

const comesWithSkill = ({ reason, constraints: [named, ...more] }: Given): boolean =>
  named?.kind === "equals" &&
  named.argument === "skill" &&
  typeof named.value === "string" &&
  more.length === 0 &&
  reason === skillGrantReason(named.value);

/**
 * Whether a grant is, to the letter, one that would come today with what is installed: its tool is there, does the same and reaches
 * the same. One of a plugin that was stopped, removed or changed is not.
 */
export const comesWithInstalled = (given: Given, catalog: readonly ToolManifest[]): boolean => {
  const tool = catalog.find(({ name }) => name === given.tool);
  return (
    tool !== undefined &&
    isSameList(given.permissions, tool.permissions) &&
    (comesWithPlugin(given, tool) || comesWithSkill(given))
  );
};
