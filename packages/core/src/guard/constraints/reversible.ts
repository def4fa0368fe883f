import { UNDO } from "@moltbot/contracts";
import type { Rule } from "./rule.ts";

/** Nothing to undo is the easiest to take back, irreversible the hardest. */
export const reversible: Rule<"reversible"> = ({ atMost }, { manifest }) => {
  const hardness = UNDO.indexOf(manifest.undo);
  return hardness !== -1 && hardness <= UNDO.indexOf(atMost);
};
