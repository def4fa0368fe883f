import { BESIDE_DECIDE } from "../beside-decide.ts";
import { ASKINGS } from "../effect-table.ts";

/** What the rules say that are no row of the table of effects. */
const OTHERS = {
  "tool.unknown": "No tool has that name.",
  "tool.arguments-invalid": "The arguments do not fit the tool.",
  "resource.refused": "What an argument points at may never be reached.",
  "fetch.no-host": "The request names no host.",
  "stop.active": "Everything is stopped until the owner resumes.",
  "policy.forbids": "The operator's policy forbids it.",
  "budget.exhausted": "A budget is used up.",
  "execute.no-sandbox": "There is no sandbox to run it in.",
  "execute.no-program": "It names no program that could be run.",
  approved: "A person allowed this very call.",
  "approval.denied": "A person denied this very call.",
  "approval.cancelled": "The turn was stopped while the question was open.",
  "approval.silent": "Nobody answered the question in time.",
  "approval.spent": "The approval was used already.",
};

const WORDS: ReadonlyMap<string, string> = new Map([
  ...ASKINGS.map(({ rule, why }) => [rule, why] as const),
  ...[...BESIDE_DECIDE].map(([rule, { says }]) => [rule, says] as const),
  ...Object.entries(OTHERS),
]);

/** A rule in one sentence. */
export const ruleWords = (rule: string): string =>
  WORDS.get(rule) ?? (rule.endsWith(".capability") ? "A capability covers it." : `By the rule ${rule}.`);
