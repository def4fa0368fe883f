import { ok } from "@moltbot/contracts";
import type { Approval, Label, Message, MessagePart, Result, ToolCall } from "@moltbot/contracts";
import { openCalls, statedIn } from "../conversation/index.ts";
import { compose } from "./compose.ts";
import type { TurnRun } from "./ports.ts";

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

/** The questions still open, and the messages that hold the new results. */
export interface CallsPerformed {
  readonly waiting: readonly Approval[];
  readonly appended: readonly Message[];
}

/**
 * Performs, in order, the calls of this turn that have no result yet, and appends what came of each at once: a crash in a later call
 * takes nothing from an earlier one. Returns the questions that are still open: while there is one, the turn waits. Calls that
 * have a result are never performed again.
 */
export const performCalls = async (
  run: TurnRun,
  path: readonly Message[],
  steps: number,
): Promise<Result<CallsPerformed>> => {
  const stated = statedIn(path, run.turn.id, run.turn.authority);
  const waiting: Approval[] = [];
  const appended: Message[] = [];
  for (const { part, label } of openCalls(path, run.turn.id)) {
    if (run.signal.aborted) break;
    const performed = await run.ports.perform(toolCall(run, part, label), stated);
    if (!performed.ok) return performed;
    if (performed.value.kind === "waiting") {
      waiting.push(performed.value.approval);
      continue;
    }
    const result = compose(run, { role: "tool", parts: [performed.value.part], label: performed.value.label });
    const kept = await run.ports.append(result, steps);
    if (!kept.ok) return kept;
    appended.push(kept.value);
  }
  return ok({ waiting, appended });
};
