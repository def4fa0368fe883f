import type { Scope, TurnReport } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { printableLine, table, when } from "../output.ts";
import { card } from "./card.ts";
import { replyText } from "./reply.ts";

const settle = async (context: CommandContext, turnId: TurnReport["turnId"]): Promise<TurnReport> =>
  context.call("turns.get", { turnId, wait: "true" });

const answer = async (
  context: CommandContext,
  id: string,
  wish: { answer: "allow" | "deny"; scope?: Scope; reason?: string },
): Promise<void> => {
  const approval = await context.call("approvals.answer", { approvalId: id, ...wish });
  const turn = await settle(context, approval.turnId);
  context.output.data({ ...approval, turn }, () =>
    [
      `${approval.state === "denied" ? color.red("denied") : color.green("allowed")} ${printableLine(approval.question.consequence)}`,
      replyText(turn),
    ]
      .filter((line) => line !== "")
      .join("\n"),
  );
  if (turn.state === "waiting") context.output.say(color.dim("The turn waits for another answer: ./moltbot approvals"));
};

/** `approvals list | show | allow | deny` */
export const approvalCommands = (program: Command, run: Runner): void => {
  const approvals = program.command("approvals").description("questions that wait for you");
  approvals
    .command("list", { isDefault: true })
    .description("list the questions")
    .option("--all", "also the answered ones")
    .action(
      run(async (context, { all }) => {
        const list = await context.call("approvals.list", { state: all === true ? "all" : "pending" });
        context.output.data(list, () =>
          table(
            ["id", "state", "asked", "would"],
            list.map(({ id, state, createdAt, question }) => [id, state, when(createdAt), question.consequence]),
            "No questions wait for you.",
          ),
        );
      }),
    );
  approvals
    .command("show <id>")
    .description("show one question whole")
    .action(
      run(async (context, _options, id) => {
        const approval = await context.call("approvals.get", { approvalId: id });
        context.output.data(approval, () => card(approval));
      }),
    );
  approvals
    .command("allow <id>")
    .description("allow the call, then show what came of it")
    .option("--scope <scope>", "once, task, conversation or always", "once")
    .action(run((context, { scope }, id) => answer(context, id, { answer: "allow", scope: scope as Scope }))); // the gateway checks the word
  approvals
    .command("deny <id>")
    .description("deny the call; the reason goes back to the model")
    .option("--reason <text>", "why")
    .action(
      run((context, { reason }, id) =>
        answer(context, id, { answer: "deny", ...(typeof reason === "string" ? { reason } : {}) }),
      ),
    );
};
