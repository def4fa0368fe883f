import { ok, readableBy } from "@moltbot/contracts";
import type {
  AccessScope,
  Conversation,
  Result,
  SkillLibraryPort,
  StoredAgent,
  ToolManifest,
} from "@moltbot/contracts";
import type { SkillsInSight } from "@moltbot/core/agent";
import { SKILL_TOOLS } from "./packages/skill-grants.ts";

/** What a turn offers of skills, and the tools that are left where there are none. */
export interface SkillsInTurn {
  readonly sight: SkillsInSight;
  readonly offered: readonly ToolManifest[];
}

const isSkillTool = ({ name }: ToolManifest): boolean => SKILL_TOOLS.includes(name);

/**
 * The skills that the model hears of, with the tools to read them; an agent without any hears nothing and has none of these tools. The
 * owner's own words stand in the prompt only where everybody in the conversation may know them.
 */
export const skillsInTurn = async (
  skills: Pick<SkillLibraryPort, "of"> | undefined,
  scope: AccessScope,
  agent: Pick<StoredAgent, "id">,
  { audience }: Pick<Conversation, "audience">,
  manifests: readonly ToolManifest[],
): Promise<Result<SkillsInTurn>> => {
  const without = ok({ sight: { own: [], others: 0 }, offered: manifests.filter((tool) => !isSkillTool(tool)) });
  if (skills === undefined || !manifests.some(isSkillTool)) return without;
  const shelf = await skills.of(scope, agent.id);
  if (!shelf.ok) return shelf;
  const mayBeTold = readableBy([scope.principalId], audience);
  const own = mayBeTold ? shelf.value.filter(({ trusted }) => trusted) : [];
  const others = shelf.value.filter(({ trusted }) => !trusted).length;
  if (own.length + others === 0) return without;
  return ok({
    sight: { own: own.map(({ name, description }) => ({ name, description })), others },
    offered: manifests,
  });
};
