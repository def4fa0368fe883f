import { READER_TOOL, err, joinAll, moltbotError, ok } from "@moltbot/contracts";
import type { Approval, CallId, Label, MessagePart, Message, MoltbotError, Result, ToolCall } from "@moltbot/contracts";
import { openCalls, statedIn } from "../conversation/index.ts";
import { compose } from "./compose.ts";
import { mustHold, planProgress } from "./plan/index.ts";
import type { Performed, ResultPart, TurnRun } from "./ports.ts";
import { answerQuestion } from "./reader/index.ts";

type CallPart = Extract<MessagePart, { type: "call" }>;
type OpenCall = ReturnType<typeof openCalls>[number];

const ALARMS: ReadonlySet<string> = new Set(["injection-phrase", "hidden-text", "canary"]);

/** Whether a detector noticed something in what stood before the call: only that can have chosen it. */
const isAlarmed = (path: readonly Message[], callId: CallId): boolean => {
  const asked = path.findIndex(({ parts }) => parts.some((part) => part.type === "call" && part.callId === callId));
  return path
    .slice(0, asked)
    .some(({ parts }) =>
      parts.some(
        (part) =>
          (part.type === "result" || part.type === "quote") &&
          part.signals?.some(({ kind }) => ALARMS.has(kind)) === true,
      ),
    );
};

const toolCall = ({ turn }: TurnRun, part: CallPart, label: Label, alarmed: boolean): ToolCall => ({
  id: part.callId,
  turnId: turn.id,
  conversationId: turn.conversationId,
  agentId: turn.agentId,
  authority: turn.authority,
  agentChain: [turn.agentId],
  tool: part.tool,
  arguments: part.arguments,
  label,
  ...(part.values === undefined ? {} : { values: part.values }),
  ...(part.planned === undefined ? {} : { planned: part.planned }),
  ...(alarmed && label.integrity !== "authority" ? { alarmed } : {}),
});

/** What a run of the loop knows of its open calls, so that it does not ask twice what only a person can change. */
export interface AskedCalls {
  readonly waiting: Map<CallId, Approval>;
  readonly held: Set<CallId>;
}

export const noneAsked = (): AskedCalls => ({ waiting: new Map(), held: new Set() });

/** The questions still open, how many calls wait for an earlier one, and the messages that hold the new results. */
export interface CallsPerformed {
  readonly waiting: readonly Approval[];
  readonly held: number;
  readonly appended: readonly Message[];
}

interface Outcome {
  readonly part: ResultPart;
  readonly label: Label;
}

const isQuestion = ({ ports }: TurnRun, { part }: OpenCall): boolean =>
  part.tool === READER_TOOL && part.planned === undefined && ports.agent.reading === "quarantined";

/** Asks a reader where the model asked one, and otherwise whoever performs calls. */
const perform = (
  run: TurnRun,
  path: readonly Message[],
  open: OpenCall,
  stated: readonly string[],
  hold: boolean,
  before: readonly Outcome[],
): Promise<Result<Performed>> => {
  const { part, label } = open;
  if (!isQuestion(run, open))
    return run.ports.perform(toolCall(run, part, label, isAlarmed(path, part.callId)), stated, hold);
  const fresh = before.map((outcome) => outcome.part);
  return answerQuestion(run, path, part, label, fresh);
};

/** Outcomes in order, those with the same label together: what one of them may taint is no other's label. */
const byLabel = (outcomes: readonly Outcome[]): readonly (readonly Outcome[])[] =>
  outcomes.reduce<Outcome[][]>((groups, outcome) => {
    const last = groups.at(-1);
    if (last !== undefined && JSON.stringify(last[0]?.label) === JSON.stringify(outcome.label)) last.push(outcome);
    else groups.push([outcome]);
    return groups;
  }, []);

const appendResults = async (
  run: TurnRun,
  outcomes: readonly Outcome[],
  steps: number,
): Promise<Result<readonly Message[]>> => {
  const appended: Message[] = [];
  for (const group of byLabel(outcomes)) {
    const parts = group.map(({ part }) => part);
    const label = joinAll(group.map((outcome) => outcome.label));
    const message = await run.ports.append(compose(run, { role: "tool", parts, label }), steps);
    if (!message.ok) return message;
    appended.push(message.value);
  }
  return ok(appended);
};

/**
 * Performs, in order, the calls of this turn that have no result yet, and appends what came of them. Returns the questions
 * that are still open: while there is one, the turn waits. Calls that have a result are never performed again; a step of a
 * plan is held while an earlier one with consequences is open.
 */
export const performCalls = async (
  run: TurnRun,
  path: readonly Message[],
  steps: number,
  asked: AskedCalls = noneAsked(),
): Promise<Result<CallsPerformed>> => {
  const stated = statedIn(path, run.turn.id, run.turn.authority);
  const progress = planProgress(run, path);
  const outcomes: Outcome[] = [];
  const over = new Set<CallId>();
  let fault: MoltbotError | null = null;
  for (const open of openCalls(path, run.turn.id)) {
    const { callId } = open.part;
    if (run.signal.aborted) break;
    const hold = mustHold(progress, callId, over);
    if (asked.waiting.has(callId) || (hold && asked.held.has(callId))) continue;
    const performed = await perform(run, path, open, stated, hold, outcomes);
    if (!performed.ok) {
      // A reader that was stopped with the turn is no failure to record.
      fault = isQuestion(run, open) && run.signal.aborted ? null : performed.error;
      break;
    }
    asked.held.delete(callId);
    if (performed.value.kind === "held" && !hold) {
      // Only a held call may be handed back unperformed; asking again would never end.
      fault = moltbotError("INTERNAL", { traceId: run.turn.id });
      break;
    }
    switch (performed.value.kind) {
      case "waiting":
        asked.waiting.set(callId, performed.value.approval);
        break;
      case "held":
        asked.held.add(callId);
        break;
      case "result":
        over.add(callId);
        outcomes.push(performed.value);
    }
  }
  // Also before a failure: what ran has an outcome, and a turn taken up again must find it.
  const appended = await appendResults(run, outcomes, steps);
  if (fault !== null) return err(fault);
  if (!appended.ok) return appended;
  return ok({ waiting: [...asked.waiting.values()], held: asked.held.size, appended: appended.value });
};
