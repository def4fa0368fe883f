import type { DecisionInput, JsonValue, Label, PlanStep } from "@moltbot/contracts";
import { isAhead, isCredible } from "../instant-order.ts";
import { fills } from "./fills.ts";
import { contentOf, referencesIn } from "./references.ts";

/** What of a decision's input says whether its call is the step of a plan. */
type Asked = Pick<DecisionInput, "call" | "plan" | "now">;

/** The step that a call names, of its own turn, conversation and agent, and untaken; whatever the arguments are. */
export const namedStep = ({ call, plan }: Pick<DecisionInput, "call" | "plan">): PlanStep | null => {
  const { planned } = call;
  if (planned === undefined || plan === undefined) return null;
  const { plan: kept, takenBy } = plan;
  const step = kept.steps[planned.step - 1];
  return kept.id === planned.planId &&
    kept.turnId === call.turnId &&
    kept.conversationId === call.conversationId &&
    kept.agentId === call.agentId &&
    call.agentChain.length === 1 &&
    call.agentChain[0] === call.agentId &&
    step?.tool === call.tool &&
    (takenBy === null || takenBy === call.id)
    ? step
    : null;
};

/** What a reference brings in must say where it came from: else nobody could tell whose data it is. */
const isAccountedFor = (name: string, step: JsonValue, { call }: Asked): boolean => {
  const placed = referencesIn(step);
  if (placed === null) return false;
  if (placed.length === 0) return true;
  const known = new Set(call.planned?.from.map(({ ref }) => ref));
  return (
    call.values !== undefined &&
    Object.hasOwn(call.values, name) &&
    contentOf(placed).every((content) => known.has(content))
  );
};

/**
 * The step of a committed plan that a call is; null when it is none, whatever it says. Nothing is taken on the caller's word:
 * tool, turn, agent, time, every literal and the set of arguments are compared with the plan that was kept, which was
 * committed while all in view was the authority's own.
 */
export const plannedStep = (input: Asked): PlanStep | null => {
  const step = namedStep(input);
  const kept = input.plan?.plan;
  if (step === null || kept === undefined || kept.label.integrity !== "authority") return null;
  if (!isCredible(kept.committedAt, input.now) || !isAhead(kept.expiresAt, input.now)) return null;
  if (!fills(step.arguments, input.call.arguments)) return null;
  return Object.entries(step.arguments).every(([name, value]) => isAccountedFor(name, value, input)) ? step : null;
};

/** The labels of what a reference in this argument brought in; none of a literal. */
export const broughtIn = (step: PlanStep, name: string, { call }: Pick<Asked, "call">): readonly Label[] => {
  if (!Object.hasOwn(step.arguments, name)) return [];
  const content = contentOf(referencesIn(step.arguments[name] ?? null) ?? []);
  return (call.planned?.from ?? []).filter(({ ref }) => content.includes(ref)).map(({ label }) => label);
};

/** Whether the step fixes this argument itself: by a literal, or by leaving it out. */
export const isLiteral = (step: PlanStep, name: string): boolean =>
  !Object.hasOwn(step.arguments, name) || referencesIn(step.arguments[name] ?? null)?.length === 0;
