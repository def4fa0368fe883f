import type { CallId, ManifestFacts, Message, MessagePart, Plan, PlanStep, TurnId } from "@moltbot/contracts";
import { contentOf, resultOn } from "../../conversation/index.ts";
import type { Content } from "../../conversation/index.ts";
import type { TurnRun } from "../ports.ts";
import { contentRefsIn } from "./references.ts";

/** One step of a plan of this turn, and how far it is. */
export interface StepProgress {
  readonly plan: Plan;
  /** From 1. */
  readonly number: number;
  readonly step: PlanStep;
  /** The call that it became; null before. */
  readonly callId: CallId | null;
  /** What came of it; null before. */
  readonly result: Content | null;
  /** It will never be issued: something it needs failed, was refused, or may not be passed on. */
  readonly dead: boolean;
  /** Everything it needs is there. */
  readonly ready: boolean;
  /** It changes something or tells somebody: such steps keep their order. */
  readonly consequential: boolean;
}

/** Effects that keep their order; a tool nobody knows has them all. */
const inOrder = (catalog: readonly ManifestFacts[], tool: string): boolean => {
  const effect = catalog.find(({ name }) => name === tool)?.effect;
  return effect !== "read" && effect !== "fetch";
};

/** The parts of whole messages of a turn that its own loop appended. */
const ownParts = (path: readonly Message[], turnId: TurnId): readonly MessagePart[] =>
  path
    .filter((message) => message.turnId === turnId && message.role === "assistant" && message.state === "complete")
    .flatMap(({ parts }) => parts);

/** Whether what a step needs is there: yes, not yet, or never. */
type Need = "met" | "open" | "never";

const needOf = (needed: StepProgress | undefined, isPassedOn: boolean): Need => {
  if (needed === undefined || needed.dead) return "never";
  if (needed.result === null) return "open";
  if (!needed.result.whole) return "never";
  // What holds recognised secrets is passed on by no plan, masked or not.
  return isPassedOn && needed.result.secrets > 0 ? "never" : "met";
};

const needOfContent = (content: Content | null): Need =>
  content !== null && content.whole && content.secrets === 0 ? "met" : "never";

const needsOf = (
  { ports }: TurnRun,
  path: readonly Message[],
  step: PlanStep,
  earlier: readonly StepProgress[],
): readonly Need[] => {
  return [
    ...step.after.map((number) => needOf(earlier[number - 1], false)),
    ...contentRefsIn(step.arguments).map((ref) =>
      typeof ref === "number"
        ? needOf(earlier[ref - 1], true)
        : needOfContent(contentOf(ports.conversation, path, ref)),
    ),
  ];
};

const progressOf = (run: TurnRun, path: readonly Message[], plan: Plan): readonly StepProgress[] => {
  const calls = ownParts(path, run.turn.id).flatMap((part) =>
    part.type === "call" && part.planned?.planId === plan.id ? [part] : [],
  );
  return plan.steps.reduce<StepProgress[]>((earlier, step, at) => {
    const callId = calls.find(({ planned }) => planned?.step === at + 1)?.callId ?? null;
    const needs = needsOf(run, path, step, earlier);
    const dead = callId === null && needs.includes("never");
    earlier.push({
      plan,
      number: at + 1,
      step,
      callId,
      result: callId === null ? null : resultOn(path, callId),
      dead,
      ready: callId === null && !dead && needs.every((need) => need === "met"),
      consequential: inOrder(run.ports.catalog, step.tool),
    });
    return earlier;
  }, []);
};

/** Every step of every plan of the turn, in order, read from its messages alone. */
export const planProgress = (run: TurnRun, path: readonly Message[]): readonly StepProgress[] =>
  ownParts(path, run.turn.id)
    .flatMap((part) => (part.type === "plan" && part.plan.turnId === run.turn.id ? [part.plan] : []))
    .flatMap((plan) => progressOf(run, path, plan));

/** The next step to issue; null when none can be now. */
export const nextStep = (progress: readonly StepProgress[]): StepProgress | null =>
  progress.find(({ ready }) => ready) ?? null;

/** Whether a call may not run yet: it is a consequential step, and an earlier one of the turn's plans is not over. */
export const mustHold = (
  progress: readonly StepProgress[],
  callId: CallId,
  over: ReadonlySet<CallId> = new Set(),
): boolean => {
  const at = progress.findIndex((step) => step.callId === callId);
  if (at < 0 || progress[at]?.consequential !== true) return false;
  return progress
    .slice(0, at)
    .some((step) => step.consequential && !step.dead && step.result === null && !isOver(step.callId, over));
};

const isOver = (callId: CallId | null, over: ReadonlySet<CallId>): boolean => callId !== null && over.has(callId);
