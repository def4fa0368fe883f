/**
 * Plans as the turn loop carries them out: what a model wishes to commit, which step is next, the call it becomes. All of it is
 * read from the messages of the turn. It never decides whether a plan or a call may be (the guard does) and runs nothing.
 */
export { issueStep } from "./issue-step.ts";
export { parsePlan } from "./parse-plan.ts";
export { ASIDE_PROMPT, HANDLES_PROMPT, PLAN_MODEL_TOOL, PLAN_PROMPT } from "./plan-tool.ts";
export { mustHold, nextStep, planProgress } from "./progress.ts";
export type { StepProgress } from "./progress.ts";
