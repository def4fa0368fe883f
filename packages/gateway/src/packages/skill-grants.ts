import { CapabilityId, skillGrantReason } from "@moltbot/contracts";
import type { AgentId, Capability, ClockPort, IdPort, Principal, SkillName, ToolExecutor } from "@moltbot/contracts";

/** What an agent needs to use a skill. */
export const SKILL_TOOLS: readonly string[] = Object.freeze(["skill.list", "skill.read", "skill.unpack"]);

/** The tools that take a skill by its name. Their grants name skills one by one: which ones an agent may read is in them alone. */
const BY_NAME: readonly string[] = ["skill.read", "skill.unpack"];

/** Whether a grant is for exactly this skill. */
export const namesSkill = ({ tool, constraints }: Pick<Capability, "tool" | "constraints">, name: string): boolean =>
  BY_NAME.includes(tool) &&
  constraints.some((one) => one.kind === "equals" && one.argument === "skill" && one.value === name);

/** Whether a grant puts this skill on the shelf of its holder; that it is in force is the caller's to know. */
export const givesSkill = (
  capability: Pick<Capability, "tool" | "constraints" | "reach" | "rights">,
  name: string,
): boolean =>
  capability.tool === "skill.read" &&
  capability.reach.kind === "always" &&
  capability.rights.includes("use") &&
  namesSkill(capability, name);

/** The agents to whom these grants give a skill, each once. */
export const agentsWith = (name: string, capabilities: readonly Capability[]): readonly AgentId[] => [
  ...new Set(capabilities.filter((one) => givesSkill(one, name)).map(({ holder }) => holder)),
];

interface Making {
  readonly ids: IdPort;
  readonly clock: ClockPort;
  readonly tools: Pick<ToolExecutor, "catalog">;
}

/** The grants with which a skill is given to an agent: to read it and to unpack it, by its name. */
export const skillGrants = (
  { ids, clock, tools }: Making,
  owner: Pick<Principal, "id" | "tenantId">,
  holder: AgentId,
  name: SkillName,
  epoch: number,
): readonly Capability[] =>
  tools
    .catalog()
    .filter((tool) => BY_NAME.includes(tool.name))
    .map((tool) => ({
      id: ids.next(CapabilityId),
      tenantId: owner.tenantId,
      holder,
      tool: tool.name,
      permissions: [...tool.permissions],
      constraints: [{ kind: "equals", argument: "skill", value: name }],
      rights: ["use"],
      reach: { kind: "always" },
      expiresAt: "never",
      parent: null,
      epoch,
      issuedBy: owner.id,
      issuedAt: clock.now(),
      revokedAt: null,
      reason: skillGrantReason(name),
    }));
