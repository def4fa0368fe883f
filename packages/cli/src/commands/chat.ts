import type { Agent, Approval, DomainEvent, TurnReport } from "@moltbot/contracts";
import { ERROR_TABLE, moltbotError } from "@moltbot/contracts/errors";
import type { Command } from "commander";
import color from "picocolors";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { printable } from "../output.ts";
import { card } from "./card.ts";
import { forgetTyped, readLines } from "./read-lines.ts";
import { replyText } from "./reply.ts";

const APPROVAL_PENDING = 6;
const FAILED = 1;
const UNAVAILABLE = 7;
const HOW_TO_ANSWER = "Answer with ./moltbot approvals allow ID, or deny ID.";

/** The agent of that name or id; the first one when none is named. */
export const findAgent = async (context: CommandContext, name: string | undefined): Promise<Agent> => {
  const agents = await context.call("agents.list", {});
  const agent = name === undefined ? agents[0] : agents.find((one) => one.id === name || one.name === name);
  if (agent === undefined) throw new CommandFailure(moltbotError("NOT_FOUND", { kind: "agent" }));
  return agent;
};

interface Line {
  readonly agentId: Agent["id"];
  readonly content: string;
  readonly conversationId?: string;
}

/** Sends one line; pieces of the reply appear as they come. */
const send = async (context: CommandContext, line: Line): Promise<TurnReport> => {
  let streamed = false;
  const show = (event: DomainEvent): void => {
    if (event.name !== "message:delta") return;
    streamed = true;
    process.stdout.write(printable(event.payload.text));
  };
  const report = await context.client.stream("messages.send", line, show);
  if (!report.ok) throw new CommandFailure(report.error);
  if (streamed) process.stdout.write("\n");
  if (report.value.reply !== null && (!streamed || report.value.reply.role === "notice"))
    process.stdout.write(`${replyText(report.value)}\n`);
  else if (report.value.reply?.model?.demonstration === true)
    process.stdout.write(`${color.dim("(demonstration model)")}\n`);
  return report.value;
};

type Choice = { readonly answer: "allow" | "deny"; readonly scope: "once" | "task" | "conversation" | "always" } | null;

const choose = async (approval: Approval): Promise<Choice> => {
  const { isCancel, select } = await import("@clack/prompts");
  const words = {
    once: "Allow once",
    task: "Allow for this task",
    conversation: "Allow in this conversation",
    always: "Always allow exactly this",
  } as const;
  await forgetTyped();
  const picked = await select({
    message: "Allow it?",
    options: [
      ...approval.question.scopes.map((scope) => ({ value: scope as string, label: words[scope] })),
      { value: "deny", label: "Deny" },
    ],
  });
  if (isCancel(picked)) return null;
  if (picked === "deny") return { answer: "deny", scope: "once" };
  const scope = approval.question.scopes.find((one) => one === picked);
  return scope === undefined ? null : { answer: "allow", scope };
};

/** Asks the person about every open question, until the turn ends or they turn away. */
const settleQuestions = async (context: CommandContext, first: TurnReport): Promise<TurnReport> => {
  let report = first;
  while (report.state === "waiting") {
    const approval = report.approvals[0];
    if (approval === undefined) return report;
    process.stdout.write(`\n${card(approval)}\n`);
    const choice = await choose(approval);
    if (choice === null) {
      context.output.say(color.dim(`The question stays open. ${HOW_TO_ANSWER}`));
      return report;
    }
    const answered = await context.client.call("approvals.answer", { approvalId: approval.id, ...choice });
    if (!answered.ok && answered.error.code !== "APPROVAL_ALREADY_ANSWERED") throw new CommandFailure(answered.error);
    report = await context.call("turns.get", { turnId: report.turnId, wait: "true" });
    if (report.reply !== null) process.stdout.write(`${replyText(report)}\n`);
  }
  return report;
};

/** Where nobody can be asked: the questions, and how to answer them. */
const showOpen = (context: CommandContext, report: TurnReport): void => {
  for (const approval of report.approvals) context.output.say(card(approval));
  context.output.say(color.dim(HOW_TO_ANSWER));
};

/** One line of a conversation, to its end or to a question that stays open. */
const talk = async (context: CommandContext, line: Line): Promise<TurnReport> => {
  if (context.output.json) {
    const report = await context.call("messages.send", line);
    context.output.data(report, () => "");
    return report;
  }
  const sent = await send(context, line);
  if (process.stdin.isTTY && process.stdout.isTTY) return settleQuestions(context, sent);
  if (sent.state === "waiting") showOpen(context, sent);
  return sent;
};

/** Scripts must not take a notice for an answer. */
const hasFailed = ({ state }: TurnReport): boolean => state === "failed" || state === "unknown";

const oneMessage = async (context: CommandContext, line: Line): Promise<void> => {
  const report = await talk(context, line);
  if (hasFailed(report)) throw new CommandExit(FAILED);
  if (report.state === "waiting") throw new CommandExit(APPROVAL_PENDING);
};

/** A line that failed is said and the talk goes on, unless nobody is there to talk to, or nobody to read it. */
const talkOn = async (context: CommandContext, line: Line): Promise<TurnReport | null> => {
  try {
    return await talk(context, line);
  } catch (cause) {
    if (!(cause instanceof CommandFailure) || !process.stdin.isTTY) throw cause;
    if (ERROR_TABLE[cause.failure.code].exit === UNAVAILABLE) throw cause;
    context.output.fail(cause.failure);
    return null;
  }
};

/** Reads lines until the end of input; reminders that fire meanwhile appear between them. */
const converse = async (context: CommandContext, agent: Agent, begin: string | undefined): Promise<void> => {
  const lines = readLines(color.cyan("› "));
  const ended = new AbortController();
  let conversationId = begin;
  let left = false;
  void context.client.events((event) => {
    if (event.name !== "reminder:fired" || context.output.json) return;
    const part = event.payload.message.parts.find((one) => one.type === "reminder");
    if (part === undefined) return;
    process.stdout.write(`\n${color.yellow("⏰")} ${printable(part.text)}${part.late ? color.dim(" (late)") : ""}\n`);
    lines.again();
  }, ended.signal);
  context.output.say(color.dim(`${agent.name} listens. End with Ctrl-D.`));
  try {
    for (let text = await lines.next(); text !== null; text = await lines.next()) {
      if (text.trim() === "") continue;
      const line = { agentId: agent.id, content: text, ...(conversationId === undefined ? {} : { conversationId }) };
      const report = await talkOn(context, line);
      if (report === null) continue;
      ({ conversationId } = report);
      left ||= report.state === "waiting";
    }
  } finally {
    ended.abort();
  }
  if (left && !process.stdin.isTTY) throw new CommandExit(APPROVAL_PENDING);
};

/** `chat [--message TEXT]` */
export const chatCommand = (program: Command, run: Runner): void => {
  program
    .command("chat")
    .description("talk to an agent here")
    .option("-m, --message <text>", "send one message and end (exit code 6 when it waits for your approval)")
    .option("-a, --agent <name>", "the agent's name or id")
    .option("-c, --conversation <id>", 'go on in this conversation; "new" begins one')
    .action(
      run(async (context, { message, agent: name, conversation }) => {
        const agent = await findAgent(context, typeof name === "string" ? name : undefined);
        const conversationId = typeof conversation === "string" ? conversation : undefined;
        if (typeof message !== "string") return converse(context, agent, conversationId);
        return oneMessage(context, {
          agentId: agent.id,
          content: message,
          ...(conversationId === undefined ? {} : { conversationId }),
        });
      }),
    );
};
