import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Label, Message, MoltbotError, Result, TurnEnd } from "@moltbot/contracts";
import { turnPath, viewOf } from "../conversation/index.ts";
import type { View } from "../conversation/index.ts";
import { askModel } from "./ask-model.ts";
import type { ModelAnswer } from "./ask-model.ts";
import { compose, textParts } from "./compose.ts";
import { parseCall } from "./parse-call.ts";
import { performCalls } from "./perform-calls.ts";
import type { TurnOutcome, TurnRun } from "./ports.ts";

/** Errors that leave the turn unfinished: it stays in the queue and is taken up again. */
const LEAVES_TURN_OPEN: ReadonlySet<string> = new Set([
  "QUEUE_LEASE_LOST",
  "AUDIT_UNWRITABLE",
  "DATABASE_UNAVAILABLE",
  "SHUTTING_DOWN",
]);

/** Errors that say that a person wanted the end. */
const STOPS: ReadonlySet<string> = new Set(["TURN_STOPPED", "EVERYTHING_STOPPED"]);

/**
 * Runs a turn until it ends or waits for a person: prepare → decide → execute → finalise, step by step. All state is in the
 * conversation's messages, so that a turn taken up after a crash goes on where the last durable message left it. A failure
 * of the model or of a limit ends the turn with a notice; only a failure to record leaves it open, as an error.
 */
export const runTurn = async (run: TurnRun): Promise<Result<TurnOutcome>> => {
  let steps = run.turn.steps;
  for (;;) {
    const found = await run.ports.path();
    if (!found.ok) return found;
    const before = turnPath(found.value, run.turn);
    const performed = await performCalls(run, before, steps);
    if (!performed.ok) return performed;
    const path = performed.value.appended === null ? before : [...before, performed.value.appended];
    if (run.signal.aborted) return endStopped(run, path);
    if (performed.value.waiting.length > 0) return ok({ kind: "waiting", approvals: performed.value.waiting });
    if (steps >= run.ports.limits.steps) {
      return endWithNotice(run, path, moltbotError("STEP_LIMIT", { limit: run.ports.limits.steps }));
    }
    steps += 1;
    const stepped = await takeStep(run, path, steps);
    if (!stepped.ok) return stepped;
    if (stepped.value !== null) return ok(stepped.value);
  }
};

/** What the turn sees: no more trusted than what began it. */
const viewFor = ({ ports, turn }: TurnRun, path: readonly Message[]): View =>
  viewOf(ports.conversation, path, turn.label);

/** One model call and what follows from its answer; null when the turn goes on. */
const takeStep = async (run: TurnRun, path: readonly Message[], steps: number): Promise<Result<TurnOutcome | null>> => {
  const view = viewFor(run, path);
  const answer = await askModel(run, view);
  if (!answer.ok) return endWithError(run, path, answer.error);
  return takeAnswer(run, view, answer.value, steps);
};

const takeAnswer = async (
  run: TurnRun,
  view: View,
  answer: ModelAnswer,
  steps: number,
): Promise<Result<TurnOutcome | null>> => {
  // A message cut off by the token limit runs none of its calls: half a call may mean the opposite of the whole.
  if (answer.finish === "length") return endCutOff(run, view.label, answer);
  if (answer.finish === "refused" || answer.calls.length === 0) return endWithReply(run, view.label, answer);
  const parts = [...textParts(answer.text), ...answer.calls.map((call) => parseCall(run.ports, call))];
  const appended = await run.ports.append(compose(run, { role: "assistant", parts, label: view.label }), steps);
  return appended.ok ? ok(null) : appended;
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

const endWithReply = (run: TurnRun, label: Label, answer: ModelAnswer): Promise<Result<TurnOutcome>> => {
  if (answer.text === "") {
    return endWithError(
      run,
      [],
      moltbotError("MODEL_ANSWER_INVALID", { model: run.ports.model.describe().name }),
      label,
    );
  }
  const reply = compose(run, { role: "assistant", parts: textParts(answer.text), label });
  return finish(run, reply, { state: "done", code: null });
};

const endCutOff = (run: TurnRun, label: Label, answer: ModelAnswer): Promise<Result<TurnOutcome>> => {
  const notice = answer.text === "" ? moltbotError("MODEL_CUT_OFF").message : answer.text;
  const reply = compose(run, { role: "assistant", parts: textParts(notice), label, state: "cut-off" });
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
  label: Label = viewFor(run, path).label,
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
