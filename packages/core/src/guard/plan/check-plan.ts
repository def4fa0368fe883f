import { isReference } from "@moltbot/contracts";
import type { PlanStep, PlanWish, ToolManifest } from "@moltbot/contracts";
import { canonicalText } from "../canonical.ts";
import { argumentsProblem } from "../check-arguments.ts";
import { contentOf, referencesIn } from "./references.ts";
import type { Path, Placed } from "./references.ts";

/** A longer plan is a document. */
const LONGEST = 200_000;

/** What is wrong with a plan: `step` counts from 1, 0 is the plan as a whole. Holds no text of the plan. */
export interface PlanProblem {
  readonly step: number;
  readonly problem: string;
}

const startsWith = (path: readonly PropertyKey[], start: readonly PropertyKey[]): boolean =>
  start.every((key, at) => path[at] === key);

/** What does not fit only because a value is not known yet; the call itself is checked again when it is. */
const isOfReference = (path: readonly PropertyKey[], code: string, placed: readonly Placed[]): boolean =>
  placed.some(
    (one: { readonly path: Path }) =>
      startsWith(path, one.path) || (code !== "unrecognized_keys" && startsWith(one.path, path)),
  );

const argumentsFault = (manifest: ToolManifest, step: PlanStep, placed: readonly Placed[]): string | null => {
  if (placed.length === 0) {
    const problem = argumentsProblem(manifest, step.arguments);
    return problem === null ? null : `${problem.path}: ${problem.problem}`;
  }
  const parsed = manifest.input.safeParse(step.arguments);
  const issues = parsed.success ? [] : parsed.error.issues;
  return issues.every(({ path, code }) => isOfReference(path, code, placed))
    ? null
    : "its arguments do not fit the tool";
};

const stepFault = (step: PlanStep, number: number, catalog: readonly ToolManifest[]): string | null => {
  const manifest = catalog.find(({ name }) => name === step.tool);
  if (manifest === undefined) return "no tool has that name";
  if (isReference(step.arguments)) return "a reference stands for one value, never for all arguments";
  const placed = referencesIn(step.arguments);
  if (placed === null) return "a reference in it cannot be read";
  const earlier = [...contentOf(placed).filter((ref) => typeof ref === "number"), ...step.after];
  if (earlier.some((ref) => ref >= number)) return "it refers to a step that does not come before it";
  return argumentsFault(manifest, step, placed);
};

/** The first thing that keeps a plan from being committed; null when nothing does. */
export const planProblem = (wish: PlanWish, catalog: readonly ToolManifest[]): PlanProblem | null => {
  if ((canonicalText(wish)?.length ?? Infinity) > LONGEST)
    return { step: 0, problem: `at most ${String(LONGEST)} characters are allowed` };
  for (const [at, step] of wish.steps.entries()) {
    const problem = stepFault(step, at + 1, catalog);
    if (problem !== null) return { step: at + 1, problem };
  }
  return null;
};
