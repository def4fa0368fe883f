import { ok } from "@moltbot/contracts";
import type { AccessScope, DecisionInput, Repositories, Result } from "@moltbot/contracts";
import { refusal } from "../refusal.ts";
import type { Deny } from "../refusal.ts";
import { namedStep } from "./planned.ts";

/**
 * Takes the step that a call names, in the transaction that admits it: a step is run by one call. A call that a person changed
 * and allowed takes its step too, so that nothing else runs in its place. The refusal where another call was first.
 */
export const takeStep = async (
  { plans }: Pick<Repositories, "plans">,
  scope: AccessScope,
  input: DecisionInput,
): Promise<Result<Deny | null>> => {
  const { planned, id } = input.call;
  if (planned === undefined || namedStep(input) === null) return ok(null);
  const taken = await plans.take(scope, planned.planId, planned.step, id);
  if (taken.ok) return ok(null);
  return taken.error.code === "CONFLICT" ? ok(refusal("plan.step-taken", taken.error)) : taken;
};
