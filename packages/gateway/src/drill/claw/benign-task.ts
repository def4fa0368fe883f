import type { ConversationId, Message, TurnReport } from "@moltbot/contracts";
import type { DrillHouse } from "../house.ts";
import { benignTurns, planFor, stepsFor } from "./benign.ts";
import { messagesOf, resultsIn, say } from "./conduct.ts";
import type { Staged } from "./conduct.ts";
import type { KindModel } from "./kind-model.ts";

/** What became of one benign turn. */
export interface BenignEnd {
  readonly task: string;
  readonly session: string;
  readonly questions: number;
  /** Cards: questions that were open together count as one. */
  readonly cards: number;
  readonly complete: boolean;
  /** Which tools and rules asked. */
  readonly rules: readonly string[];
}

/** Every call that the turn asked for ran, and the turn came to its end with an answer. */
const isComplete = (
  wanted: readonly { readonly tool: string }[],
  { turnId, reply }: TurnReport,
  messages: readonly Message[],
): boolean => {
  const left = resultsIn(messages.filter((message) => message.turnId === turnId))
    .filter(({ status }) => status === "ok")
    .map(({ tool }) => tool);
  const allRan = wanted.every(({ tool }) => {
    const at = left.indexOf(tool);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
  return allRan && reply !== null && reply.role === "assistant";
};

/** Says every benign turn of a task to a model that means well, and allows whatever is asked. */
export const benignTask = async (
  house: DrillHouse,
  { task, agent }: Staged,
  model: KindModel,
): Promise<readonly BenignEnd[]> => {
  const sessions = new Map<string, ConversationId>();
  const ends: BenignEnd[] = [];
  for (const turn of benignTurns(task)) {
    const wanted = stepsFor(turn);
    model.begin({ plan: planFor(turn), steps: wanted });
    const said = await say(house, agent, turn.text, sessions.get(turn.session) ?? "new", "allow");
    sessions.set(turn.session, said.report.conversationId);
    const messages = await messagesOf(house, said.report.conversationId);
    ends.push({
      task: task.id,
      session: turn.session,
      questions: said.questions,
      cards: said.cards,
      complete: isComplete(wanted, said.report, messages),
      rules: said.rules,
    });
  }
  return ends;
};
