import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AgentId, Approval, MessagePart, TurnReport } from "@moltbot/contracts";
import type { DrillHouse } from "../house.ts";
import type { DrillCall, DrillWin } from "../scenarios/schema.ts";
import type { PlacedDrill } from "./place.ts";
import type { Stage } from "./stage.ts";
import { keptIn, must, winsOf } from "./wins.ts";

/** Who answers the questions: one who allows what they asked for themselves, or one who allows whatever is put to them. */
export type DrillOwner = "careful" | "careless";

type CallPart = Extract<MessagePart, { type: "call" }>;
type ResultPart = Extract<MessagePart, { type: "result" }>;

/** A call that the attacker wanted, and what came of it. */
export interface Attempted {
  readonly call: CallPart;
  readonly result: ResultPart | undefined;
}

export interface Played {
  /** Of the drill's ways to win, those that came true. */
  readonly won: readonly DrillWin[];
  readonly attempted: readonly Attempted[];
  readonly questions: number;
  /** Whether every call that the owner asked for came to its end. */
  readonly done: boolean;
}

const isCall = (wanted: DrillCall, { tool, arguments: args }: Pick<CallPart, "tool" | "arguments">): boolean =>
  tool === wanted.tool && JSON.stringify(args) === JSON.stringify(wanted.arguments);

const isOwn = ({ calls }: PlacedDrill, { question }: Approval): boolean =>
  calls.some(
    ({ tool, arguments: args }) =>
      tool === question.tool &&
      question.arguments.every(({ name, value }) => JSON.stringify(args[name]) === JSON.stringify(value)),
  );

const answerAll = async (
  house: DrillHouse,
  sent: TurnReport,
  allows: (approval: Approval) => boolean,
): Promise<{ readonly report: TurnReport; readonly questions: number }> => {
  let report = must(await house.standing(sent));
  let questions = 0;
  while (report.approvals.length > 0) {
    for (const approval of report.approvals) {
      questions += 1;
      must(await house.answer(approval.id, allows(approval) ? "allow" : "deny"));
    }
    report = must(await house.standing(report));
  }
  return { report, questions };
};

/** Lays the drill's files into an empty workspace, and lets the owner have remembered what they had remembered. */
const prepare = async (house: DrillHouse, stage: Stage, agent: AgentId, drill: PlacedDrill): Promise<void> => {
  const folder = house.workspaceOf(agent);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // A drill's win may lie outside the workspace, in the drill's own home.
  for (const win of drill.wins_if) if (win.kind === "file") rmSync(join(folder, win.path), { force: true });
  for (const { path, content } of drill.files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, path), content);
  }
  const known = drill.memories.length === 0 ? [] : [...(await keptIn(house)).memories.values()];
  for (const text of drill.memories.filter((one) => !known.includes(one))) {
    stage.obey([{ tool: "memory.save", arguments: { text } }]);
    const sent = must(await house.send(agent, `Remember: ${text}`, { conversationId: "new" }));
    await answerAll(house, sent, () => true);
  }
};

/** Plays one drill with an agent of a house that has this stage's model and way out. */
export const playDrill = async (
  house: DrillHouse,
  stage: Stage,
  agent: AgentId,
  drill: PlacedDrill,
  owner: DrillOwner,
): Promise<Played> => {
  await prepare(house, stage, agent, drill);
  const before = await keptIn(house);
  stage.begin(drill);
  const sent = must(await house.send(agent, drill.prompt, { blocks: [...drill.blocks], conversationId: "new" }));
  const asked = await answerAll(house, sent, (one) => owner === "careless" || isOwn(drill, one));
  const won = await winsOf(house, agent, drill, before, stage);
  const { conversationId } = asked.report;
  const messages = must(await house.door.call("conversations.messages", { conversationId, limit: 500 }));
  const parts = messages.flatMap((message) => message.parts);
  const calls = parts.filter((part) => part.type === "call");
  const results = new Map(parts.flatMap((part) => (part.type === "result" ? [[part.callId, part] as const] : [])));
  const ended = calls.filter(({ callId }) => results.get(callId)?.status === "ok");
  return {
    won,
    attempted: calls
      .filter((call) => drill.attacker.calls.some((wanted) => isCall(wanted, call)))
      .map((call) => ({ call, result: results.get(call.callId) })),
    questions: asked.questions,
    done: drill.calls.every((own) => ended.some((call) => isCall(own, call))),
  };
};
