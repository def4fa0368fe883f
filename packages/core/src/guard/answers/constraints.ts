import type { Constraint, Instant, ManifestFacts, ResolvedResource, ToolCall } from "@moltbot/contracts";
import { bounds } from "../capability-match.ts";
import { canonicalText } from "../canonical.ts";
import { firstUnmet } from "../constraints/index.ts";
import { criticalArguments } from "../critical-arguments.ts";
import { visibleLine } from "../visible-text.ts";

/** The call that the limits must fit. */
interface Facts {
  readonly call: ToolCall;
  readonly manifest: ManifestFacts;
  readonly resources: readonly ResolvedResource[];
}

/** A constraint in a few words for people, without its values. */
const limitWords = (constraint: Constraint): string =>
  "argument" in constraint ? `"${constraint.kind}" on ${visibleLine(constraint.argument, 40)}` : `"${constraint.kind}"`;

const firstLoose = (constraints: readonly Constraint[], { call, manifest, resources }: Facts): string | null => {
  if (manifest.effect === "commit" || manifest.effect === "send") {
    const loose = criticalArguments(manifest, call.arguments).find((name) => !bounds({ constraints }, name));
    return loose === undefined ? null : `nothing limits ${visibleLine(loose, 40)}, which decides what happens to whom`;
  }
  if (manifest.effect !== "fetch" && manifest.effect !== "execute") return null;
  const open = resources.find(({ kind, argument }) => kind === "host" && !bounds({ constraints }, argument, "host-in"));
  return open === undefined ? null : `nothing limits the host of ${visibleLine(open.argument, 40)}`;
};

/**
 * Why these limits may not become a grant, in words; null when they may. They must hold for the very call that the person
 * just saw, and leave no argument free that decides what happens to whom: such a grant would be useless or a door left open.
 */
export const limitsProblem = (constraints: readonly Constraint[], facts: Facts, now: Instant): string | null => {
  if (canonicalText(constraints) === null) return "a text in the limits is not valid Unicode";
  const { call, manifest, resources } = facts;
  const unmet = firstUnmet(constraints, { call, manifest, resources, now });
  if (unmet !== null) return `the limit ${limitWords(unmet)} does not fit the call on the card`;
  return firstLoose(constraints, facts);
};
