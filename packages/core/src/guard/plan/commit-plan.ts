import { err, instantOf, millisecondsOf, moltbotError, ok, PlanId } from "@moltbot/contracts";
import type { AccessScope, Label, Plan, PlanWish, Result, Turn } from "@moltbot/contracts";
import { canonicalText, ownCopy } from "../canonical.ts";
import type { GuardPorts } from "../guard-ports.ts";
import { isNotStopped } from "../halt/index.ts";
import { record, subjectOf } from "../record.ts";
import { planProblem } from "./check-plan.ts";

/** For whom a plan is committed. */
export type PlanningTurn = Pick<Turn, "id" | "conversationId" | "agentId">;

/** More are no plan any more, but one call after the other. */
const MOST_PLANS = 20;

const MINUTE = 60_000;

const planOf = (ports: GuardPorts, turn: PlanningTurn, wish: PlanWish, label: Label): Plan => {
  const now = ports.clock.now();
  return {
    id: ports.ids.next(PlanId),
    turnId: turn.id,
    conversationId: turn.conversationId,
    agentId: turn.agentId,
    goal: wish.goal,
    steps: wish.steps,
    label,
    committedAt: now,
    expiresAt: instantOf(millisecondsOf(now) + ports.settings.planMinutes * MINUTE),
  };
};

const recordPlan = (ports: GuardPorts, plan: Plan) =>
  record(ports, {
    event: "plan:committed",
    actor: plan.agentId,
    fields: {
      planId: plan.id,
      turnId: plan.turnId,
      conversationId: plan.conversationId,
      agentId: plan.agentId,
      steps: plan.steps.length,
      tools: plan.steps.map(({ tool }) => tool).join(", "),
      expiresAt: plan.expiresAt,
    },
    details: { goal: plan.goal, steps: canonicalText(plan.steps) ?? "not canonical" },
    subject: subjectOf(plan),
  });

/**
 * Commits a plan, for good: nothing changes it afterwards. PLAN_TOO_LATE once anything in view is not the authority's own,
 * PLAN_INVALID for one that names unknown tools, refers to anything but what comes before, or does not fit. It allows nothing.
 */
export const commitPlan = async (
  ports: GuardPorts,
  scope: AccessScope,
  turn: PlanningTurn,
  wished: PlanWish,
  label: Label,
): Promise<Result<Plan>> => {
  // Whoever plans with a stranger's text in view writes the stranger's plan.
  if (label.integrity !== "authority") return err(moltbotError("PLAN_TOO_LATE"));
  const wish = ownCopy(wished);
  if (wish === null) return err(moltbotError("PLAN_INVALID", { step: 0, problem: "a text is not valid Unicode" }));
  const fault = planProblem(wish, ports.tools.catalog());
  if (fault !== null) return err(moltbotError("PLAN_INVALID", { ...fault }));
  const going = await isNotStopped(ports, ports.store, scope);
  if (!going.ok) return going;
  const before = await ports.store.plans.ofTurn(scope, turn.id);
  if (!before.ok) return before;
  if (before.value.length >= MOST_PLANS) {
    return err(moltbotError("BUDGET_EXHAUSTED", { budget: "plans in one turn", limit: MOST_PLANS }));
  }
  const plan = planOf(ports, turn, wish, label);
  const recorded = await recordPlan(ports, plan);
  if (!recorded.ok) return recorded;
  const kept = await ports.store.plans.create(scope, plan);
  return kept.ok ? ok(plan) : kept;
};
