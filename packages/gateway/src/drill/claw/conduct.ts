import type { AgentId, ConversationId, Message, MessagePart, Result, TurnReport } from "@moltbot/contracts";
import type { DrillHouse } from "../house.ts";
import { layOut } from "./world.ts";
import type { ClawWorld, ClawWorlds } from "./world.ts";
import type { ClawTask } from "./corpus.ts";
import { GRANTED } from "./replay-tools.ts";

/** The value of a step of the drill itself: a drill that cannot be carried out proves nothing and ends here. */
export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

/** Answers that one request takes. */
const MOST_ANSWERS = 50;

const answerAll = async (house: DrillHouse, report: TurnReport, answer: "allow" | "deny"): Promise<TurnReport> => {
  for (let at = 0; at < report.approvals.length; at += MOST_ANSWERS)
    must(
      await house.door.call("approvals.answers", {
        answers: report.approvals.slice(at, at + MOST_ANSWERS).map(({ id }) => ({ approvalId: id, answer })),
      }),
    );
  return must(await house.standing(report));
};

/** What came of the owner's words. */
export interface Said {
  readonly report: TurnReport;
  readonly questions: number;
  /** Questions that were open together count as one. */
  readonly cards: number;
  /** Which tools and rules asked. */
  readonly rules: readonly string[];
}

/** Says the owner's words, and answers whatever is asked with the same word until nothing is asked any more. */
export const say = async (
  house: DrillHouse,
  agent: AgentId,
  text: string,
  conversationId: ConversationId | "new",
  answer: "allow" | "deny",
): Promise<Said> => {
  let report = must(await house.send(agent, text, { conversationId }));
  if (report.reply === null && report.approvals.length === 0) report = must(await house.standing(report));
  let [questions, cards] = [0, 0];
  const rules: string[] = [];
  while (report.approvals.length > 0) {
    questions += report.approvals.length;
    cards += 1;
    rules.push(...report.approvals.map(({ question }) => `${question.tool} ${question.rule}`));
    report = await answerAll(house, report, answer);
  }
  return { report, questions, cards, rules };
};

/** Every message of a conversation, as the owner would see it. */
export const messagesOf = async (house: DrillHouse, conversationId: ConversationId): Promise<readonly Message[]> =>
  must(await house.door.call("conversations.messages", { conversationId, limit: 500 }));

/** What came of every call. */
export const resultsIn = (messages: readonly Message[]): readonly Extract<MessagePart, { type: "result" }>[] =>
  messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "result" ? [part] : [])));

/** A task whose files lie in the workspace of an agent of its own. */
export interface Staged {
  readonly task: ClawTask;
  readonly world: ClawWorld;
  readonly agent: AgentId;
}

/** Makes an agent with every grant that a task could need, and lays the task's files out. */
export const stage = async (house: DrillHouse, worlds: ClawWorlds, task: ClawTask, model: string): Promise<Staged> => {
  const agent = must(await house.addAgent({ name: model.slice(0, 80), model, granted: GRANTED }));
  const world = layOut(task, house.workspaceOf(agent));
  worlds.set(agent, world);
  return { task, world, agent };
};
