import type { Approval, OperationRequest, TurnReport } from "@moltbot/contracts";
import color from "picocolors";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { resultLines } from "./answers.ts";
import type { Asker, Choice } from "./ask-person.ts";
import { card } from "./card.ts";
import { replyText } from "./reply.ts";

export const HOW_TO_ANSWER = "Answer with ./moltbot approvals allow ID, or deny ID.";

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Several questions as one group, numbered, so that none is overlooked. */
const showGroup = (approvals: readonly Approval[]): void => {
  const count = String(approvals.length);
  if (approvals.length > 1) print(`\n${color.bold(`${count} questions wait together:`)}`);
  approvals.forEach((approval, at) => {
    const place = approvals.length > 1 ? `${color.dim(`${String(at + 1)} of ${count}`)} ` : "";
    print(`\n${place}${card(approval, "below")}`);
  });
};

type Answer = OperationRequest<"approvals.answer">;

/** Sends one answer; true when it, or an earlier one, counts, false when the person turned away from proving who they are. */
const send = async (context: CommandContext, ask: Asker, answer: Answer): Promise<boolean> => {
  const sent = await context.client.call("approvals.answer", answer);
  if (sent.ok || sent.error.code === "APPROVAL_ALREADY_ANSWERED") return true;
  if (sent.error.code !== "STEP_UP_REQUIRED" || answer.proof !== undefined) throw new CommandFailure(sent.error);
  const proof = await ask.code();
  return proof === null ? false : send(context, ask, { ...answer, proof });
};

const answerAll = async (
  context: CommandContext,
  approvals: readonly Approval[],
  word: "allow" | "deny",
): Promise<boolean> => {
  const results = await context.call("approvals.answers", {
    answers: approvals.map(({ id }) => ({ approvalId: id, answer: word })),
  });
  for (const line of resultLines(results)) print(line);
  return results.every(({ approval, code }) => approval !== null || code === "APPROVAL_ALREADY_ANSWERED");
};

const answerEach = async (context: CommandContext, ask: Asker, approvals: readonly Approval[]): Promise<boolean> => {
  for (const [at, approval] of approvals.entries()) {
    if (approvals.length > 1)
      print(
        `\n${color.dim(`${String(at + 1)} of ${String(approvals.length)}:`)} ${printableLine(approval.question.consequence)}`,
      );
    const choice: Choice | null = await ask.one(approval);
    if (choice === null || !(await send(context, ask, { approvalId: approval.id, ...choice }))) return false;
    if (choice.answer === "deny" && choice.stop === true) return true;
  }
  return true;
};

/** Asks the person about all questions that wait together; false when one stays open. */
const askAbout = async (context: CommandContext, ask: Asker, approvals: readonly Approval[]): Promise<boolean> => {
  showGroup(approvals);
  if (approvals.length === 1) return answerEach(context, ask, approvals);
  const way = await ask.several(approvals);
  if (way === null) return false;
  return way === "each" ? answerEach(context, ask, approvals) : answerAll(context, approvals, way);
};

/** Asks the person about every open question, until the turn ends or they turn away. */
export const settleQuestions = async (context: CommandContext, first: TurnReport, ask: Asker): Promise<TurnReport> => {
  let report = first;
  while (report.state === "waiting" && report.approvals.length > 0) {
    if (!(await askAbout(context, ask, report.approvals))) {
      context.output.say(color.dim(`A question stays open. ${HOW_TO_ANSWER}`));
      return report;
    }
    report = await context.call("turns.get", { turnId: report.turnId, wait: "true" });
    if (report.reply !== null) print(replyText(report));
  }
  return report;
};

/** Where nobody can be asked: the questions, and how to answer them. */
export const showOpen = (context: CommandContext, { approvals }: TurnReport): void => {
  if (approvals.length > 1) context.output.say(color.bold(`${String(approvals.length)} questions wait together:`));
  for (const approval of approvals) context.output.say(card(approval));
  if (approvals.length > 1) {
    const ids = approvals.map(({ id }) => id).join(" ");
    context.output.say(color.dim(`All at once, once each: ./moltbot approvals allow ${ids}`));
  }
  context.output.say(color.dim(HOW_TO_ANSWER));
};
