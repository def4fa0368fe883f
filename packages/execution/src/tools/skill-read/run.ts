import { err, moltbotError, ok } from "@moltbot/contracts";
import type { SkillOnShelf } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { findSkill, INSTRUCTIONS, mayBeShown, skillLabel } from "../skill-shelf.ts";
import { defineTool } from "../tool.ts";
import { textOf } from "../workspace/text-of.ts";
import { input, manifest } from "./manifest.ts";
import { withoutHead } from "./without-head.ts";

const MOST_BYTES = 256 * 1024;

/** What else is in the skill, behind its instructions. */
const otherFiles = ({ files }: SkillOnShelf): string => {
  const others = files.filter(({ path }) => path !== INSTRUCTIONS);
  if (others.length === 0) return "";
  const named = others.map(({ path, bytes }) => `${path} (${bytes} bytes)`).join(", ");
  return `\n\n[Other files of this skill: ${named}. skill.read reads a text, skill.unpack puts them into the workspace.]`;
};

/** Reads a text of a skill; what is no text is told by its size. Nothing of it is run. */
export const skillRead = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ skill, file }) =>
    file === undefined ? `Reads the skill ${quote(skill)}.` : `Reads ${quote(file)} of the skill ${quote(skill)}.`,
  resolve: async ({ skill }, call, ports, scope) => {
    const found = await findSkill(call, ports, scope, skill);
    return found.ok ? ok([]) : found;
  },
  run: async ({ skill: name, file: path = INSTRUCTIONS }, { call, scope, ports }) => {
    const skill = await findSkill(call, ports, scope, name);
    if (!skill.ok) return skill;
    if (!mayBeShown(call, skill.value))
      return ok({
        text: "Not shown: not everybody in this conversation may know this skill.",
        summary: `Did not show the skill ${quote(name)}: not everybody here may know it.`,
        label: contextLabel(call),
      });
    const content = await ports.skills.file(scope, call.agentId, skill.value.name, path);
    if (!content.ok) return content;
    const bytes = content.value.byteLength;
    if (bytes > MOST_BYTES) return err(moltbotError("FILE_TOO_LARGE", { limit: MOST_BYTES }));
    const text = textOf(content.value);
    const words = path === INSTRUCTIONS && text.ok ? withoutHead(text.value) + otherFiles(skill.value) : null;
    return ok({
      text: words ?? (text.ok ? text.value : `Not text: ${bytes} bytes. skill.unpack puts it into the workspace.`),
      summary: `Read ${quote(path)} of the skill ${quote(name)} (${bytes} bytes).`,
      label: skillLabel(call, skill.value),
    });
  },
});
