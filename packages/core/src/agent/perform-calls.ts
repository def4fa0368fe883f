import { err, joinAll, ok } from "@moltbot/contracts";
import type { Approval, Label, MessagePart, Message, MoltbotError, Result, ToolCall } from "@moltbot/contracts";
import { openCalls, statedIn } from "../conversation/index.ts";
import { compose } from "./compose.ts";
import type { ResultPart, TurnRun } from "./ports.ts";

type CallPart = Extract<MessagePart, { type: "call" }>;

const toolCall = ({ turn }: TurnRun, part: CallPart, label: Label): ToolCall => ({
  id: part.callId,
  turnId: turn.id,
  conversationId: turn.conversationId,
  agentId: turn.agentId,
  authority: turn.authority,
  agentChain: [turn.agentId],
  tool: part.tool,
  arguments: part.arguments,
  label,
});

/** The questions still open, and the message that holds the new results, if there were any. */
export interface CallsPerformed {
  readonly waiting: readonly Approval[];
  readonly appended: Message | null;
}

/**
 * Performs, in order, the calls of this turn that have no result yet, and appends what came of them. Returns the questions
 * that are still open: while there is one, the turn waits. Calls that have a result are never performed again.
 */
export const performCalls = async (
  run: TurnRun,
  path: readonly Message[],
  steps: number,
): Promise<Result<CallsPerformed>> => {
  const stated = statedIn(path, run.turn.id, run.turn.authority);
  const waiting: Approval[] = [];
  const results: { part: ResultPart; label: Label }[] = [];
  let fault: MoltbotError | null = null;
  for (const { part, label } of openCalls(path, run.turn.id)) {
    if (run.signal.aborted) break;
    const performed = await run.ports.perform(toolCall(run, part, label), stated);
    if (!performed.ok) {
      fault = performed.error;
      break;
    }
    switch (performed.value.kind) {
      case "waiting":
        waiting.push(performed.value.approval);
        break;
      case "result":
        results.push(performed.value);
    }
  }
  if (results.length === 0) return fault === null ? ok({ waiting, appended: null }) : err(fault);
  // Also before a failure: what ran has an outcome, and a turn taken up again must find it.
  const appended = await run.ports.append(
    compose(run, {
      role: "tool",
      parts: results.map(({ part }) => part),
      label: joinAll(results.map(({ label }) => label)),
    }),
    steps,
  );
  if (fault !== null) return err(fault);
  return appended.ok ? ok({ waiting, appended: appended.value }) : appended;
};
