import type { Approval, Message, MessagePart, Plan, PlanStep } from "@moltbot/contracts";
import { neededSteps } from "./plan-words.ts";

type CallPart = Extract<MessagePart, { type: "call" }>;
type ResultPart = Extract<MessagePart, { type: "result" }>;

/**
 * How far a step is. `waiting`: for the person; `held`: for an earlier step; `begun`: no result is known; `open`: not begun;
 * `never`: what it needs failed or was refused; `unknown`: a crash hid the outcome; `removed`: what told of it was taken away.
 */
export type StepState =
  | "waiting"
  | "held"
  | "begun"
  | "done"
  | "refused"
  | "failed"
  | "unknown"
  | "open"
  | "never"
  | "removed";

/** One step of a plan, as far as its conversation tells. */
export interface StepProgress {
  /** From 1. */
  readonly number: number;
  readonly step: PlanStep;
  readonly state: StepState;
  readonly call: CallPart | null;
  readonly result: ResultPart | null;
  /** The message that holds the result. */
  readonly resultId: Message["id"] | null;
}

const RESULT_STATES = { ok: "done", refused: "refused", failed: "failed", unknown: "unknown" } as const;
const REFUSING: readonly Approval["state"][] = ["denied", "expired", "cancelled"];
/** A step after one of these is never made a call. */
const LOST: readonly StepState[] = ["refused", "failed", "unknown", "never"];

interface Found {
  readonly calls: ReadonlyMap<number, CallPart>;
  readonly results: ReadonlyMap<string, { readonly part: ResultPart; readonly id: Message["id"] }>;
  readonly approvals: ReadonlyMap<string, Approval>;
  /** Whether something of the plan's turn was taken away. */
  readonly gaps: boolean;
}

const stateOf = (step: PlanStep, call: CallPart | null, found: Found, earlier: readonly StepProgress[]): StepState => {
  if (call === null) {
    if (found.gaps) return "removed";
    const lost = neededSteps(step.arguments, step.after).some((number) => {
      const needed = earlier[number - 1];
      return needed !== undefined && LOST.includes(needed.state);
    });
    return lost ? "never" : "open";
  }
  const result = found.results.get(call.callId);
  if (result !== undefined) return RESULT_STATES[result.part.status];
  const approval = found.approvals.get(call.callId);
  if (approval?.state === "pending") return "waiting";
  if (approval !== undefined && REFUSING.includes(approval.state)) return "refused";
  if (found.gaps) return "removed";
  return earlier.some(({ state }) => state === "waiting" || state === "held") ? "held" : "begun";
};

/** Every step of a plan with its state. */
export const planProgress = (
  plan: Plan,
  messages: readonly Message[],
  approvals: readonly Approval[],
): readonly StepProgress[] => {
  const parts = messages.flatMap(({ id, parts: all }) => all.map((part) => ({ id, part })));
  const found: Found = {
    calls: new Map(
      parts.flatMap(({ part }) =>
        part.type === "call" && part.planned?.planId === plan.id ? [[part.planned.step, part] as const] : [],
      ),
    ),
    results: new Map(
      parts.flatMap(({ id, part }) => (part.type === "result" ? [[part.callId, { part, id }] as const] : [])),
    ),
    gaps: messages.some(({ turnId, state }) => turnId === plan.turnId && state === "removed"),
    // Of several questions about one call, the newest holds.
    approvals: new Map(
      approvals.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1)).map((item) => [item.callId, item]),
    ),
  };
  return plan.steps.reduce<StepProgress[]>((earlier, step, index) => {
    const call = found.calls.get(index + 1) ?? null;
    const result = call === null ? undefined : found.results.get(call.callId);
    earlier.push({
      number: index + 1,
      step,
      state: stateOf(step, call, found, earlier),
      call,
      result: result?.part ?? null,
      resultId: result?.id ?? null,
    });
    return earlier;
  }, []);
};
