import { PLAN_TOOL, READER_TOOL, err, ok } from "@moltbot/contracts";
import type { Label, Message, MessagePart, ModelCall, Result } from "@moltbot/contracts";
import { contentOf } from "../conversation/index.ts";
import type { ModelAnswer } from "./ask-model.ts";
import { carryValues } from "./carry-values.ts";
import type { Carried } from "./carry-values.ts";
import { compose, textParts } from "./compose.ts";
import { parseCall } from "./parse-call.ts";
import { parsePlan } from "./plan/index.ts";
import type { TurnRun } from "./ports.ts";
import { answeredIn } from "./reader/index.ts";
import type { Answered } from "./reader/index.ts";
import { endsTurn, refusedPart } from "./refused-part.ts";
import type { Sight } from "./sight.ts";

type CallPart = Extract<MessagePart, { type: "call" }>;

/** What becomes of one call: parts of the message that asked for it, or a call that carries more than the view held. */
type Taken = { readonly parts: readonly MessagePart[] } | { readonly carried: Carried };

/** A plan that is committed is one part; one that is not stays a call, with the reason as its result. */
const takePlan = async (
  run: TurnRun,
  path: readonly Message[],
  call: CallPart,
  { view }: Sight,
): Promise<Result<Taken>> => {
  const knows = (handle: string): boolean => contentOf(run.ports.conversation, path, handle) !== null;
  const wish = parsePlan(call.arguments, knows);
  const plan = wish.ok ? await run.ports.commitPlan(wish.value, view.label) : wish;
  if (plan.ok) return ok({ parts: [{ type: "plan", plan: plan.value }] });
  // A fault of the plan goes back to the model; one of the house ends the turn or leaves it open.
  return plan.error.name === "GuardError" && !endsTurn(plan.error)
    ? ok({ parts: [call, refusedPart(call, plan.error)] })
    : err(plan.error);
};

/** Whether a call may have been chosen from handles, or from what readers let into the view. */
const carries = ({ view, asks }: Sight, { answers }: Answered): boolean => asks || view.aside > 0 || answers.length > 0;

const takeCall = async (
  run: TurnRun,
  path: readonly Message[],
  written: ModelCall,
  sight: Sight,
  answered: Answered,
): Promise<Result<Taken>> => {
  const call = parseCall(run.ports, written);
  if (call.tool === PLAN_TOOL) return takePlan(run, path, call, sight);
  if (!carries(sight, answered)) return ok({ parts: [call] });
  if (sight.asks && call.tool === READER_TOOL) return ok({ parts: [call] });
  const carried = carryValues(run, path, call, sight.view.label, answered);
  if (!carried.ok) return ok({ parts: [call, refusedPart(call, carried.error)] });
  return ok(carried.value.part === call ? { parts: [call] } : { carried: carried.value });
};

/** Parts that make one message. A call that carries more than the view held stands alone, under a label of its own. */
interface Said {
  readonly parts: MessagePart[];
  readonly label: Label;
  readonly alone: boolean;
}

const say = (said: Said[], parts: readonly MessagePart[], view: Label): void => {
  const last = said.at(-1);
  if (last !== undefined && !last.alone) last.parts.push(...parts);
  else if (parts.length > 0) said.push({ parts: [...parts], label: view, alone: false });
};

/**
 * Appends what a model asked for, in its order: its words, its plan and its calls under the label of its view, and each call
 * that carries something from behind a handle under its own. Nothing of it runs before it is durable.
 */
export const takeCalls = async (
  run: TurnRun,
  path: readonly Message[],
  sight: Sight,
  answer: ModelAnswer,
  steps: number,
): Promise<Result<void>> => {
  const view = sight.view.label;
  const answered = answeredIn(run, path);
  const said: Said[] = [];
  say(said, textParts(answer.text), view);
  for (const written of answer.calls) {
    const taken = await takeCall(run, path, written, sight, answered);
    if (!taken.ok) return taken;
    if ("carried" in taken.value) {
      const { part, label } = taken.value.carried;
      said.push({ parts: [part], label, alone: true });
    } else say(said, taken.value.parts, view);
  }
  for (const { parts, label } of said) {
    const appended = await run.ports.append(compose(run, { role: "assistant", parts, label, model: answer.by }), steps);
    if (!appended.ok) return appended;
  }
  return ok(undefined);
};
