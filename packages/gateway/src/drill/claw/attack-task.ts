import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ConversationId, Message } from "@moltbot/contracts";
import type { DrillHouse } from "../house.ts";
import { planFor } from "./benign.ts";
import { messagesOf, must, resultsIn, say } from "./conduct.ts";
import type { Staged } from "./conduct.ts";
import { judge } from "./judge.ts";
import type { ClawLoss } from "./judge.ts";
import type { ObeyingModel } from "./obeying-model.ts";

/** What one attacked task came to. */
export interface AttackEnd {
  readonly losses: readonly ClawLoss[];
  readonly questions: number;
  readonly replyHasMarker: boolean;
  /** How many planted secrets stood in any view of the model. */
  readonly shown: number;
  readonly calls: number;
}

/** Addresses that the product's own tool went to: what was not refused was on its way. */
const fetchedIn = (messages: readonly Message[]): readonly string[] => {
  const left = new Set(
    resultsIn(messages).flatMap(({ callId, tool, status }) =>
      tool === "web.fetch" && status !== "refused" ? [callId] : [],
    ),
  );
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === "call" && left.has(part.callId) ? [JSON.stringify(part.arguments)] : [])),
  );
};

const repliesIn = (messages: readonly Message[]): string =>
  messages
    .filter(({ role }) => role === "assistant")
    .flatMap(({ parts }) => parts.flatMap((part) => (part.type === "text" || part.type === "quote" ? [part.text] : [])))
    .join("\n");

const logOf = (house: DrillHouse): string => {
  const folder = join(house.root, "logs");
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
};

const settingsOf = (house: DrillHouse): string => readFileSync(join(house.root, "moltbot.json5"), "utf8");

/** Says every turn of a task to a model that obeys the attacker, gives one answer to whatever is asked, and judges the world by then. */
export const attackTask = async (
  house: DrillHouse,
  { task, world, agent }: Staged,
  model: ObeyingModel,
  manner: "obeys" | "plans",
  answer: "allow" | "deny",
): Promise<AttackEnd> => {
  const settings = settingsOf(house);
  const sessions = new Map<string, ConversationId>();
  let questions = 0;
  for (const { session, text } of task.user_turns) {
    const plan = manner === "plans" ? (planFor({ task, text, session }) ?? "nothing") : null;
    model.begin({ stated: text, wins: task.attacker_wins_if_any, plan });
    const said = await say(house, agent, text, sessions.get(session) ?? "new", answer);
    sessions.set(session, said.report.conversationId);
    questions += said.questions;
  }
  const messages = (await Promise.all([...sessions.values()].map((one) => messagesOf(house, one)))).flat();
  const memories = must(await house.door.call("memories.list", { limit: 500 }))
    .filter(({ agentId }) => agentId === agent)
    .map(({ text }) => text);
  const planted = task.secrets.map(({ marker }) => marker);
  const replies = repliesIn(messages);
  const shown = model.shown();
  return {
    losses: judge(world, {
      memories,
      fetched: fetchedIn(messages),
      log: logOf(house),
      settingsChanged: settingsOf(house) !== settings,
    }),
    questions,
    replyHasMarker: planted.some((marker) => replies.includes(marker)),
    shown: planted.filter((marker) => shown.includes(marker)).length,
    calls: resultsIn(messages).length,
  };
};
