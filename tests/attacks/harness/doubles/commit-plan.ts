/** A plan is accepted whatever was in view when it was made. */
import { commitPlan as strict } from "../../../../packages/core/src/guard/plan/commit-plan.ts";

export * from "../../../../packages/core/src/guard/plan/commit-plan.ts";

export const commitPlan: typeof strict = (ports, scope, turn, wish, label) =>
  strict(ports, scope, turn, wish, { ...label, integrity: "authority" });
