import { CallId, err, joinAll, ok } from "@moltbot/contracts";
import type { JsonObject, JsonValue, Label, Message, MessagePart, MoltbotError, Result } from "@moltbot/contracts";
import { compose } from "../compose.ts";
import { MOST_CARRIED, carriesTooMuch, textLength } from "../most-carried.ts";
import type { TurnRun } from "../ports.ts";
import { endsTurn, refusedPart } from "../refused-part.ts";
import { answeredIn, labelsOfAnswers } from "../reader/index.ts";
import { findIn, followReference } from "./follow-reference.ts";
import type { Find } from "./follow-reference.ts";
import type { StepProgress } from "./progress.ts";
import { contentRefsIn, fillArguments } from "./references.ts";
import type { Follow } from "./references.ts";

type CallPart = Extract<MessagePart, { type: "call" }>;
type Planned = NonNullable<CallPart["planned"]>;

/** Each thing that a step refers to, once, with its own label. */
const broughtBy = (template: JsonObject, find: Find): Planned["from"] =>
  [...new Set(contentRefsIn(template))].flatMap((ref) => {
    const content = find(ref);
    return content === null ? [] : [{ ref, label: content.label }];
  });

/** Follows one reference after the other, until they put in more than a call may carry. */
const bounded = (tool: string, run: TurnRun, find: Find): Follow => {
  let left = MOST_CARRIED;
  return async (reference) => {
    const followed = await followReference(run, find, reference);
    if (followed.ok) left -= textLength(followed.value.value);
    return left < 0 ? err(carriesTooMuch(tool)) : followed;
  };
};

/** A message that the house wrote, of no model: the call of a step, with its result where it failed before it was made. */
const append = (run: TurnRun, parts: readonly MessagePart[], label: Label, steps: number): Promise<Result<Message>> =>
  run.ports.append(compose(run, { role: "assistant", parts, label, model: null }), steps);

/** A step whose value could not be found is over: its call stands in the conversation as the plan wrote it, with the fault. */
const appendFailed = (
  run: TurnRun,
  call: CallPart,
  label: Label,
  error: MoltbotError,
  steps: number,
): Promise<Result<Message>> => append(run, [call, refusedPart(call, error, "failed")], label, steps);

/**
 * Makes one step of a plan a call: puts in the values it refers to and appends the call, under the label of the plan and of all
 * that was put in. It runs nothing. Nothing in a value can change which tool is called, or with which literals.
 */
export const issueStep = async (
  run: TurnRun,
  path: readonly Message[],
  { plan, number, step }: StepProgress,
  progress: readonly StepProgress[],
  steps: number,
): Promise<Result<void>> => {
  const find = findIn(
    run,
    path,
    progress.filter((one) => one.plan.id === plan.id),
  );
  const from = broughtBy(step.arguments, find);
  const call: CallPart = {
    type: "call",
    callId: run.ports.ids.next(CallId),
    tool: step.tool,
    arguments: step.arguments,
    planned: { planId: plan.id, step: number, from },
  };
  const answered = answeredIn(run, path);
  const literal = (value: JsonValue): readonly Label[] => [plan.label, ...labelsOfAnswers(answered, value)];
  const filled = await fillArguments(step.arguments, literal, bounded(step.tool, run, find));
  if (!filled.ok && (run.signal.aborted || endsTurn(filled.error))) return err(filled.error);
  const appended = filled.ok
    ? await append(
        run,
        [{ ...call, ...filled.value }],
        joinAll([plan.label, ...Object.values(filled.value.values)]),
        steps,
      )
    : await appendFailed(run, call, joinAll([plan.label, ...from.map(({ label }) => label)]), filled.error, steps);
  return appended.ok ? ok(undefined) : appended;
};
