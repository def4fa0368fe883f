import { PlanWish, err, moltbotError, ok } from "@moltbot/contracts";
import type { ContentRef, JsonObject, PlanReference, PlanStep, Result } from "@moltbot/contracts";
import { referencesIn } from "./references.ts";

/** The most questions to readers that a plan may hold: each is a call of a model. */
const MOST_QUESTIONS = 40;
const TOKEN = /⟦\s*h[0-9a-f]{12}\s*⟧/;

const invalid = (step: number, problem: string): Result<never> => err(moltbotError("PLAN_INVALID", { step, problem }));

/** The fault of a shape in words of ours: what a model wrote stays out of an error. */
const faultOf = (path: readonly PropertyKey[]): { readonly step: number; readonly problem: string } => {
  const [first, at, field] = path;
  if (first === "goal") return { step: 0, problem: "the goal is not a text of at most 300 characters" };
  if (first !== "steps")
    return { step: 0, problem: "it holds something besides `goal` and `steps`, or no object at all" };
  if (typeof at !== "number") return { step: 0, problem: "`steps` is not a list of 1 to 40 calls" };
  const step = at + 1;
  switch (field) {
    case "tool":
      return { step, problem: "`tool` is not the name of a tool" };
    case "arguments":
      return { step, problem: "`arguments` is not an object" };
    case "after":
      return { step, problem: "`after` is not a list of the numbers of earlier steps" };
    default:
      return { step, problem: "it is not an object of `tool`, `arguments` and `after` alone" };
  }
};

/** What a handle must name for a plan to refer to it. */
type Knows = (handle: string) => boolean;

const isEarlier = (ref: ContentRef, number: number): boolean => typeof ref === "string" || ref < number;

const checkReference = (reference: PlanReference, number: number, knows: Knows): Result<void> => {
  const { $from, ask, as } = reference;
  if (!$from.every((ref) => isEarlier(ref, number)))
    return invalid(number, "a reference names a step that is not an earlier one");
  const unknown = $from.find((ref) => typeof ref === "string" && !knows(ref));
  if (unknown !== undefined) return err(moltbotError("HANDLE_UNKNOWN", { handle: unknown }));
  if (ask === undefined && as !== "text" && as !== "texts")
    return invalid(number, "a reference without `ask` gives a whole text, so `as` is text or texts");
  return ok(undefined);
};

const checkStep = (step: PlanStep, number: number, knows: Knows): Result<void> => {
  if (!step.after.every((earlier) => earlier < number))
    return invalid(number, "`after` names a step that is not an earlier one");
  // The guard compares literals with the plan: nothing could be put in the place of a handle inside one.
  if (TOKEN.test(JSON.stringify(step.arguments)))
    return invalid(number, 'a handle inside a text is not followed: put {"$from": ["h…"]} in its place');
  for (const reference of referencesIn(step.arguments)) {
    if (reference === null)
      return invalid(number, 'a reference is not of the form {"$from": [1], "ask": "…", "as": "text"}');
    const checked = checkReference(reference, number, knows);
    if (!checked.ok) return checked;
  }
  return ok(undefined);
};

/**
 * What a model wishes to commit, from the arguments of its call. PLAN_INVALID with the step and the fault in words it can act
 * on (step 0: the whole), HANDLE_UNKNOWN where it refers to what is kept under no handle.
 */
export const parsePlan = (written: JsonObject, knows: Knows): Result<PlanWish> => {
  if (Object.hasOwn(written, "(unreadable)")) return invalid(0, "it is not readable as JSON");
  const read = PlanWish.safeParse(written);
  if (!read.success) {
    const { step, problem } = faultOf(read.error.issues[0]?.path ?? []);
    return invalid(step, problem);
  }
  let questions = 0;
  for (const [at, step] of read.data.steps.entries()) {
    questions += referencesIn(step.arguments).filter((reference) => reference?.ask !== undefined).length;
    if (questions > MOST_QUESTIONS)
      return invalid(at + 1, `the plan holds more than ${String(MOST_QUESTIONS)} questions`);
    const checked = checkStep(step, at + 1, knows);
    if (!checked.ok) return checked;
  }
  return ok(read.data);
};
