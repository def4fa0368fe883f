import { err, moltbotError } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalAnswer,
  ApprovalId,
  ApprovalMeasures,
  Capability,
  CapabilityWish,
  Constraint,
  Explanation,
  GrantPreview,
  Label,
  Permit,
  Plan,
  PlanWish,
  Principal,
  Result,
  RESUME_GRANTS,
  SimulationReport,
  ToolCall,
  TurnId,
  Verdict,
} from "@moltbot/contracts";
import { admit } from "./admit.ts";
import { answer } from "./answer.ts";
import { measure, previewGrant } from "./answers/index.ts";
import { asAnswered } from "./as-answered.ts";
import { ask } from "./ask.ts";
import { consider } from "./consider.ts";
import { expire } from "./expire.ts";
import { grant } from "./grant.ts";
import type { GuardPorts, Surface } from "./guard-ports.ts";
import { resume, stop } from "./halt/index.ts";
import type { Resumed, Stopped, StopWish } from "./halt/index.ts";
import { createOneAtATime } from "./one-at-a-time.ts";
import { refuse, settle } from "./outcome.ts";
import { explainCall } from "./past/explain-call.ts";
import { createSimulation } from "./past/simulate.ts";
import type { SimulationWish } from "./past/simulate.ts";
import { commitPlan } from "./plan/commit-plan.ts";
import type { PlanningTurn } from "./plan/commit-plan.ts";
import { createConsidered } from "./record-decision.ts";

/** The one door before every effect. No method throws; what it cannot tell, it refuses. */
export interface Guard {
  /** Keeps and records what the model committed to. PLAN_TOO_LATE once `label`, of all that is in view, is not the authority's; PLAN_INVALID. */
  commitPlan(scope: AccessScope, turn: PlanningTurn, wish: PlanWish, label: Label): Promise<Result<Plan>>;
  /** The call as a person changed it before allowing it; otherwise itself. What follows is about that call. */
  asAnswered(scope: AccessScope, call: ToolCall): Promise<Result<ToolCall>>;
  /** Loads all that a decision looks at, and decides. `stated` are the authority's own texts of this task. */
  consider(scope: AccessScope, call: ToolCall, stated: readonly string[]): Promise<Result<Verdict>>;
  /** Decides again, consumes the approval, counts the use and enters the ledger in one transaction, records the intent durably, then mints the permit. */
  admit(
    scope: AccessScope,
    call: ToolCall,
    verdict: Extract<Verdict, { kind: "allow" }>,
    stated: readonly string[],
  ): Promise<Result<Permit>>;
  /** Parks the question; the same open one is returned, a drifted one superseded. */
  ask(scope: AccessScope, call: ToolCall, verdict: Extract<Verdict, { kind: "ask" }>): Promise<Result<Approval>>;
  /** Records a refusal in ledger and audit. */
  refuse(scope: AccessScope, call: ToolCall, verdict: Extract<Verdict, { kind: "deny" }>): Promise<Result<void>>;
  /** Records the outcome of an admitted call in ledger and audit; CONFLICT for any other call. */
  settle(
    scope: AccessScope,
    call: ToolCall,
    state: "done" | "failed" | "unknown",
    code: string | null,
  ): Promise<Result<void>>;
  /** A person's answer: once, changed, or with a grant bound to this call's critical arguments. First answer wins. */
  answer(by: Principal, id: ApprovalId, answer: ApprovalAnswer, surface: Surface): Promise<Result<Approval>>;
  /** What a wider answer with these limits would have allowed among the recorded calls. */
  preview(by: Principal, id: ApprovalId, constraints: readonly Constraint[]): Promise<Result<GrantPreview>>;
  /** How much this person is asked. */
  measures(by: Principal, days: number): Promise<Result<ApprovalMeasures>>;
  /** Expires what nobody answered or used; returns the turns to wake. */
  expire(): Promise<Result<readonly TurnId[]>>;
  /** Grants what an owner spelled out. */
  grant(by: Principal, wish: CapabilityWish): Promise<Result<Capability>>;
  /** Stops everything; it acts first and records after. */
  stop(by: Principal, wish: StopWish): Promise<Result<Stopped>>;
  /** Ends the stop in force. */
  resume(by: Principal, grants: (typeof RESUME_GRANTS)[number]): Promise<Result<Resumed>>;
  /** Explains what was decided about a call; takes its id, its question's or a decision's. */
  explain(by: Principal, id: string): Promise<Result<readonly Explanation[]>>;
  /** Replays the recorded past under a change. */
  simulate(by: Principal, wish: SimulationWish): Promise<Result<SimulationReport>>;
}

/** A port that throws is a port that failed: no exception passes the guard, and none becomes a permit. */
const closing =
  ({ log }: Pick<GuardPorts, "log">) =>
  async <T>(traceId: string, work: () => Promise<Result<T>>): Promise<Result<T>> => {
    try {
      return await work();
    } catch (cause) {
      // The exception's own words may hold content; where it came from does not.
      const [, place = ""] = cause instanceof Error ? (cause.stack ?? "").split("\n    at ") : [];
      log.error("the guard met a fault", { traceId, kind: cause instanceof Error ? cause.name : typeof cause, place });
      return err(moltbotError("INTERNAL", { traceId }));
    }
  };

/** Composes the guard over its ports. */
export const createGuard = (ports: GuardPorts): Guard => {
  // Answers to one question are taken in turn, so that only the one that counts is recorded as an answer.
  const oneAtATime = createOneAtATime();
  const considered = createConsidered();
  const simulate = createSimulation(ports);
  const closed = closing(ports);
  return Object.freeze<Guard>({
    commitPlan: (scope, turn, wish, label) => closed(turn.id, () => commitPlan(ports, scope, turn, wish, label)),
    asAnswered: (scope, call) => closed(call.id, () => asAnswered(ports, scope, call)),
    consider: (scope, call, stated) => closed(call.id, () => consider(ports, considered, scope, call, stated)),
    admit: (scope, call, verdict, stated) => closed(call.id, () => admit(ports, scope, call, verdict, stated)),
    ask: (scope, call, verdict) => closed(call.id, () => ask(ports, scope, call, verdict, considered.inputOf(verdict))),
    refuse: (scope, call, verdict) =>
      closed(call.id, () => refuse(ports, scope, call, verdict, considered.inputOf(verdict))),
    settle: (scope, call, state, code) => closed(call.id, () => settle(ports, scope, call, state, code)),
    answer: (by, id, given, surface) => closed(id, () => oneAtATime(id, () => answer(ports, by, id, given, surface))),
    preview: (by, id, constraints) => closed(id, () => previewGrant(ports, by, id, constraints)),
    measures: (by, days) => closed("measures", () => measure(ports, by, days)),
    expire: () => closed("expire", () => expire(ports)),
    grant: (by, wish) => closed("grant", () => grant(ports, by, wish)),
    stop: (by, wish) => closed("stop", () => stop(ports, by, wish)),
    resume: (by, grants) => closed("resume", () => resume(ports, by, grants)),
    explain: (by, id) => closed("explain", () => explainCall(ports, by, id)),
    simulate: (by, wish) => closed("simulate", () => simulate(by, wish)),
  });
};
