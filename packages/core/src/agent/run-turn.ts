import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Label, Message, MoltbotError, Result, TurnEnd } from "@moltbot/contracts";
import { turnPath } from "../conversation/index.ts";
import { askStep } from "./ask-model.ts";
import type { ModelAnswer } from "./ask-model.ts";
import { compose, textParts } from "./compose.ts";
import { expandReply } from "./expand-reply.ts";
import { noneAsked, performCalls } from "./perform-calls.ts";
import type { AskedCalls } from "./perform-calls.ts";
import { issueStep, nextStep, planProgress } from "./plan/index.ts";
import type { TurnOutcome, TurnRun } from "./ports.ts";
import { LEAVES_TURN_OPEN, STOPS } from "./refused-part.ts";
import { labelOfAll, openedSight, sightOf } from "./sight.ts";
import type { Sight } from "./sight.ts";
import { takeCalls } from "./take-calls.ts";

/**
 * Runs a turn until it ends or waits for a person: prepare → decide → execute → finalise, step by step. All state is in the
 * conversation's messages, so that a turn taken up after a crash goes on where the last durable message left it. A failure
 * of the model or of a limit ends the turn with a notice; only a failure to record leaves it open, as an error.
 */
export const runTurn = async (run: TurnRun): Promise<Result<TurnOutcome>> => {
  const asked = noneAsked();
  let steps = run.turn.steps;
  for (;;) {
    const found = await run.ports.path();
    if (!found.ok) return found;
    const worked = await workOff(run, turnPath(found.value, run.turn), steps, asked);
    if (!worked.ok) return worked;
    if (worked.value.kind === "more") continue;
    if (worked.value.kind === "outcome") return ok(worked.value.outcome);
    const { path } = worked.value;
    if (steps >= run.ports.limits.steps) {
      return endWithNotice(run, path, moltbotError("STEP_LIMIT", { limit: run.ports.limits.steps }));
    }
    steps += 1;
    const stepped = await takeStep(run, path, steps);
    if (!stepped.ok) return stepped;
    if (stepped.value !== null) return ok(stepped.value);
  }
};

/** What is left to do without the model: there is more of it, the turn waits or ended, or it is the model's turn. */
type Worked =
  | { readonly kind: "more" }
  | { readonly kind: "outcome"; readonly outcome: TurnOutcome }
  | { readonly kind: "model"; readonly path: readonly Message[] };

const outcomeOf = (ended: Result<TurnOutcome>): Result<Worked> =>
  ended.ok ? ok({ kind: "outcome", outcome: ended.value }) : ended;

/** Performs what was asked for, then issues the next step of a plan; the model is asked when neither is left. */
const workOff = async (
  run: TurnRun,
  before: readonly Message[],
  steps: number,
  asked: AskedCalls,
): Promise<Result<Worked>> => {
  const performed = await performCalls(run, before, steps, asked);
  if (!performed.ok) return performed;
  const { appended, waiting, held } = performed.value;
  const path = [...before, ...appended];
  if (run.signal.aborted) return outcomeOf(await endStopped(run, path));
  const progress = planProgress(run, path);
  const next = nextStep(progress);
  if (next !== null) {
    const issued = await issueStep(run, path, next, progress, steps);
    if (issued.ok) return ok({ kind: "more" });
    const isStop = run.signal.aborted || STOPS.has(issued.error.code);
    return isStop ? outcomeOf(await endWithError(run, path, issued.error)) : issued;
  }
  if (held > 0 && appended.length > 0) return ok({ kind: "more" });
  if (waiting.length > 0) return ok({ kind: "outcome", outcome: { kind: "waiting", approvals: waiting } });
  return ok({ kind: "model", path });
};

/** One model call and what follows from its answer; null when the turn goes on. */
const takeStep = async (run: TurnRun, path: readonly Message[], steps: number): Promise<Result<TurnOutcome | null>> => {
  const seen = await askStep(run, sightOf(run, path), ({ view, whole }) => openedSight(whole ?? view));
  if (!seen.ok) return endWithError(run, path, seen.error);
  return takeAnswer(run, path, seen.value.sight, seen.value.answer, steps);
};

const takeAnswer = async (
  run: TurnRun,
  path: readonly Message[],
  sight: Sight,
  answer: ModelAnswer,
  steps: number,
): Promise<Result<TurnOutcome | null>> => {
  const { label } = sight.view;
  // A message cut off by the token limit runs none of its calls: half a call may mean the opposite of the whole.
  if (answer.finish === "length") return endCutOff(run, label, answer);
  if (answer.finish === "refused" || answer.calls.length === 0) return endWithReply(run, path, label, answer);
  const taken = await takeCalls(run, path, sight, answer, steps);
  if (taken.ok) return ok(null);
  const isStop = run.signal.aborted || STOPS.has(taken.error.code);
  return isStop ? endWithError(run, path, taken.error) : taken;
};

/** Finalise: the last message and the one end of the turn, durably and together. */
const finish = async (
  run: TurnRun,
  message: Message,
  end: Omit<TurnEnd, "messageId">,
): Promise<Result<TurnOutcome>> => {
  const finished = await run.ports.finish(message, end);
  if (!finished.ok) return finished;
  return ok({ kind: "ended", message: finished.value, end: { ...end, messageId: finished.value.id } });
};

const endWithReply = (
  run: TurnRun,
  path: readonly Message[],
  label: Label,
  answer: ModelAnswer,
): Promise<Result<TurnOutcome>> => {
  if (answer.text === "") {
    return endWithError(
      run,
      [],
      moltbotError("MODEL_ANSWER_INVALID", { model: run.ports.model.describe().name }),
      label,
    );
  }
  const quarantined = run.ports.agent.reading === "quarantined";
  const parts = quarantined ? expandReply(run, path, answer.text) : textParts(answer.text);
  return finish(run, compose(run, { role: "assistant", parts, label, model: answer.by }), {
    state: "done",
    code: null,
  });
};

const endCutOff = (run: TurnRun, label: Label, answer: ModelAnswer): Promise<Result<TurnOutcome>> => {
  const notice = answer.text === "" ? moltbotError("MODEL_CUT_OFF").message : answer.text;
  const reply = compose(run, {
    role: "assistant",
    parts: textParts(notice),
    label,
    state: "cut-off",
    model: answer.by,
  });
  return finish(run, reply, { state: "failed", code: "MODEL_CUT_OFF" });
};

const endStopped = (run: TurnRun, path: readonly Message[]): Promise<Result<TurnOutcome>> =>
  endWithNotice(run, path, stopReason(run.signal));

/** Whoever raises the signal gives one of our errors as its reason, or nothing. */
const isOurs = (reason: unknown): reason is MoltbotError =>
  typeof reason === "object" && reason !== null && "code" in reason && "context" in reason;

/** Why the signal was raised: shutdown, time limit, a lost lease or the stop of everything by the error that was given, else a person's stop. */
const stopReason = ({ reason }: { readonly reason: unknown }): MoltbotError =>
  isOurs(reason) ? reason : moltbotError("TURN_STOPPED");

const endWithError = (
  run: TurnRun,
  path: readonly Message[],
  error: MoltbotError,
  label?: Label,
): Promise<Result<TurnOutcome>> => endWithNotice(run, path, run.signal.aborted ? stopReason(run.signal) : error, label);

/** Ends the turn with a notice that says why there is no reply. */
const endWithNotice = async (
  run: TurnRun,
  path: readonly Message[],
  error: MoltbotError,
  label: Label = labelOfAll(run, path),
): Promise<Result<TurnOutcome>> => {
  if (LEAVES_TURN_OPEN.has(error.code)) return err(error);
  const stopped = STOPS.has(error.code);
  const notice = compose(run, {
    role: "notice",
    parts: textParts(`${error.message} ${error.next}`),
    label,
    state: stopped ? "stopped" : "failed",
  });
  return finish(run, notice, { state: stopped ? "stopped" : "failed", code: error.code });
};
