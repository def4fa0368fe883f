import { err, label, moltbotError, ok, readableBy } from "@moltbot/contracts";
import type { AccessScope, Label, Result, SkillOnShelf, ToolCall } from "@moltbot/contracts";
import type { ToolPorts } from "./tool.ts";

/** Where a skill's words begin. */
export const INSTRUCTIONS = "SKILL.md";

/**
 * What the words of a skill are worth: those of the turn's person are like their configuration, and theirs to know; everybody else's
 * are content from outside, with the skill as its source.
 */
export const skillLabel = (
  { authority }: Pick<ToolCall, "authority">,
  { name, trusted }: Pick<SkillOnShelf, "name" | "trusted">,
): Label =>
  trusted
    ? label("authority", [authority], [{ kind: "configuration", ref: `skill:${name}` }])
    : label("untrusted", "public", [{ kind: "skill", ref: name }]);

/** Whether everybody in the conversation may know what is in the skill. */
export const mayBeShown = (call: Pick<ToolCall, "authority" | "label">, skill: SkillOnShelf): boolean =>
  readableBy(skillLabel(call, skill).readers, call.label.readers);

const missing = (): Result<never> => err(moltbotError("NOT_FOUND", { kind: "skill" }));

/** The skill of that name on the shelf of the call's agent; NOT_FOUND also for whoever may not know that there is one. */
export const findSkill = async (
  call: Pick<ToolCall, "agentId">,
  { skills }: Pick<ToolPorts, "skills">,
  scope: AccessScope | undefined,
  name: string,
): Promise<Result<SkillOnShelf>> => {
  if (scope === undefined) return missing();
  const shelf = await skills.of(scope, call.agentId);
  if (!shelf.ok) return shelf;
  const found = shelf.value.find((skill) => skill.name === name);
  return found === undefined ? missing() : ok(found);
};
