import { joinAll } from "@moltbot/contracts";
import type { DecisionInput, Label, PlanStep } from "@moltbot/contracts";
import { broughtIn, isLiteral } from "./plan/planned.ts";

/** The label of each argument, as far as it is known. */
export interface ValueLabels {
  /** Of one argument; of one that the call does not hold, of the choice to leave it out. */
  readonly of: (name: string) => Label;
  /** Whether arguments have labels of their own, instead of the label of all that was in view. */
  readonly own: boolean;
}

const ofPlanned = (input: DecisionInput, step: PlanStep): ValueLabels => {
  const { call, plan } = input;
  const committed = plan?.plan.label ?? call.label;
  return {
    own: true,
    of: (name) => {
      // What the call says of a value is never taken for more than what the value was made of.
      const said = call.values !== undefined && Object.hasOwn(call.values, name) ? call.values[name] : undefined;
      // A literal may repeat what a reader answered before the plan was made.
      if (isLiteral(step, name)) return said === undefined ? committed : joinAll([committed, said]);
      return joinAll([said ?? call.label, ...broughtIn(step, name, input)]);
    },
  };
};

const ofUnplanned = ({ call }: DecisionInput, values: NonNullable<DecisionInput["call"]["values"]>): ValueLabels => {
  const names = Object.keys(call.arguments);
  const everyOne = names.length > 0 && names.every((name) => Object.hasOwn(values, name));
  // Where each value is accounted for, the choice itself was made without seeing any of them.
  const leftOut = everyOne ? joinAll([]) : call.label;
  return {
    own: true,
    of: (name) =>
      (Object.hasOwn(values, name) ? values[name] : undefined) ??
      (Object.hasOwn(call.arguments, name) ? call.label : leftOut),
  };
};

/**
 * What is known of where each argument came from. `step` is the step of a plan that the call is; a call that says it is one
 * and is not has no labels of its own: all it says can only lower what it was chosen from.
 */
export const valueLabels = (input: DecisionInput, step: PlanStep | null): ValueLabels => {
  const { call } = input;
  if (step !== null) return ofPlanned(input, step);
  if (call.planned === undefined && call.values !== undefined) return ofUnplanned(input, call.values);
  const all = call.values === undefined ? call.label : joinAll([call.label, ...Object.values(call.values)]);
  return { own: false, of: () => all };
};
