import { ok } from "@moltbot/contracts";
import type { SkillOnShelf } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { mayBeShown, skillLabel } from "../skill-shelf.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

const lineOf = ({ name, description, trusted, signer, files }: SkillOnShelf): string =>
  `${name} (${trusted ? "the owner's own" : `signed by ${signer}`}, ${files.length} ${files.length === 1 ? "file" : "files"}): ${description}`;

/** Lists the agent's skills, as trusted as the least trusted description in the list. */
export const skillList = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: () => "Lists the skills that the agent was given.",
  run: async (_args, { call, scope, ports }) => {
    const shelf = await ports.skills.of(scope, call.agentId);
    if (!shelf.ok) return shelf;
    const shown = shelf.value.filter((skill) => mayBeShown(call, skill));
    return ok({
      text: shown.length === 0 ? "none" : shown.map(lineOf).join("\n"),
      summary: `Listed ${shown.length} ${shown.length === 1 ? "skill" : "skills"}.`,
      label: contextLabel(
        call,
        shown.map((skill) => skillLabel(call, skill)),
      ),
    });
  },
});
