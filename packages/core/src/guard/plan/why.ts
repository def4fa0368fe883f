import type { ContentRef } from "@moltbot/contracts";
import type { Asking } from "../effect-table.ts";
import type { Facts } from "../facts.ts";
import { visibleLine } from "../visible-text.ts";
import { contentOf, referencesIn } from "./references.ts";

const NAME_LENGTH = 40;
/** More than these are shown with their values anyway. */
const MOST_NAMED = 4;

const refWords = (ref: ContentRef, { input }: Facts): string => {
  if (typeof ref !== "number") return `content kept aside before (${ref})`;
  const tool = input.plan?.plan.steps[ref - 1]?.tool ?? "";
  return `step ${String(ref)} of the plan (${visibleLine(tool, NAME_LENGTH)})`;
};

/** Which values of a planned call were not known when the plan was made, and which step they come from. */
const cameFrom = (facts: Facts): readonly string[] =>
  Object.entries(facts.planned()?.arguments ?? {}).flatMap(([name, value]) => {
    const refs = contentOf(referencesIn(value) ?? []);
    if (refs.length === 0) return [];
    const from = refs.slice(0, MOST_NAMED).map((ref) => refWords(ref, facts));
    return [`“${visibleLine(name, NAME_LENGTH)}” comes from ${from.join(" and ")}`];
  });

/** Why a question is put, in the words of its rule; of a planned call also what the plan did not know yet. */
export const whyOf = (facts: Facts, asks: Asking): string => {
  const why = facts.planned() === null ? asks.why : (asks.whyPlanned ?? asks.why);
  const from = cameFrom(facts).slice(0, MOST_NAMED);
  return from.length === 0 ? why : `${why} Of this planned step, ${from.join(", and ")}.`;
};
