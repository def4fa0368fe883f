import type { Agent, DomainEvent, Prompt, TurnReport } from "@moltbot/contracts";
import { ERROR_TABLE } from "@moltbot/contracts/errors";
import type { Command } from "commander";
import color from "picocolors";
import { APPROVAL_PENDING, CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { printable, printableLine } from "../output.ts";
import { textOption, usage } from "../usage.ts";
import { askPerson } from "./ask-person.ts";
import { findAgent } from "./find-agent.ts";
import { planText } from "./plan-text.ts";
import { settleQuestions, showOpen } from "./questions.ts";
import { readLines } from "./read-lines.ts";
import { replyText } from "./reply.ts";
import { findPrompt } from "./shared-thing.ts";
import { stopLine } from "./stop.ts";

const FAILED = 1;
const UNAVAILABLE = 7;

interface Line {
  readonly agentId: Agent["id"];
  readonly content: string;
  readonly promptId?: Prompt["id"];
  readonly conversationId?: string;
}

/** Sends one line; pieces of the reply appear as they come. */
const send = async (context: CommandContext, line: Line): Promise<TurnReport> => {
  let streamed = false;
  const show = (event: DomainEvent): void => {
    if (event.name === "plan:committed") return context.output.say(planText(event.payload.plan));
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

/** One line of a conversation, to its end or to a question that stays open. */
const talk = async (context: CommandContext, line: Line): Promise<TurnReport> => {
  if (context.output.json) {
    const report = await context.call("messages.send", line);
    context.output.data(report, () => "");
    return report;
  }
  const sent = await send(context, line);
  if (process.stdin.isTTY && process.stdout.isTTY) return settleQuestions(context, sent, askPerson);
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

const signalText = ({ where, signals }: Extract<DomainEvent, { name: "signal:raised" }>["payload"]): string =>
  `${color.yellow("!")} Noticed in ${printableLine(where)}: ${signals.map(({ says }) => printableLine(says)).join("; ")}`;

/** What happens beside the talk and is worth a line in it. */
export const newsOf = (event: DomainEvent): string | null => {
  if (event.name === "system:stopped") return stopLine(event.payload.stop);
  if (event.name === "system:resumed") return `${color.green("✓")} It goes on.`;
  if (event.name === "signal:raised") return signalText(event.payload);
  if (event.name !== "reminder:fired") return null;
  const part = event.payload.message.parts.find((one) => one.type === "reminder");
  if (part === undefined) return null;
  return `${color.yellow("⏰")} ${printable(part.text)}${part.late ? color.dim(" (late)") : ""}`;
};

/** Reads lines until the end of input; reminders that fire and a stop meanwhile appear between them. */
const converse = async (context: CommandContext, agent: Agent, begin: string | undefined): Promise<void> => {
  const lines = readLines(color.cyan("› "));
  const ended = new AbortController();
  let conversationId = begin;
  let left = false;
  void context.client.events((event) => {
    const line = context.output.json ? null : newsOf(event);
    if (line === null) return;
    process.stdout.write(`\n${line}\n`);
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
    .option(
      "-p, --prompt <name>",
      "with --message: begin it with a prompt; somebody else's goes as their words, quoted",
    )
    .option("-c, --conversation <id>", 'go on in this conversation; "new" begins one')
    .action(
      run(async (context, options) => {
        const agent = await findAgent(context, textOption(options["agent"]));
        const conversationId = textOption(options["conversation"]);
        const message = textOption(options["message"]);
        const prompt = textOption(options["prompt"]);
        if (prompt !== undefined && message === undefined)
          throw usage('--prompt goes with --message, which may be "".');
        if (message === undefined) return converse(context, agent, conversationId);
        const promptId = prompt === undefined ? undefined : (await findPrompt(context, prompt)).id;
        return oneMessage(context, {
          agentId: agent.id,
          content: message,
          ...(promptId === undefined ? {} : { promptId }),
          ...(conversationId === undefined ? {} : { conversationId }),
        });
      }),
    );
};
