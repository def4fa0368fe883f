/** What a plan's reference brings in counts as the plan's own. */
import { NEUTRAL_LABEL, ok } from "@moltbot/contracts";
import { fillArguments as labelled } from "../../../../packages/core/src/agent/plan/references.ts";

export * from "../../../../packages/core/src/agent/plan/references.ts";

export const fillArguments: typeof labelled = async (template, literal, follow) => {
  const filled = await labelled(template, literal, follow);
  if (!filled.ok) return filled;
  const values = Object.fromEntries(Object.keys(filled.value.values).map((name) => [name, NEUTRAL_LABEL]));
  return ok({ ...filled.value, values });
};
