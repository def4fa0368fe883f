import type { ApprovalMeasures, GrantPreview } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { Runner } from "../runner.ts";
import { facts, printableLine, table, when } from "../output.ts";
import { many } from "../usage.ts";
import { allow, deny, previewLimits } from "./answers.ts";
import { card } from "./card.ts";
import { limitsText } from "./limit-text.ts";
import { LIMITS_HELP } from "./read-limits.ts";

const previewText = (limits: string, preview: GrantPreview): string =>
  [
    preview.fits
      ? `${color.green("✓")} these limits fit the call on the card`
      : `${color.red("✗")} these limits do not fit the call on the card: ${printableLine(preview.problem ?? "")}`,
    facts([
      ["limits", limits],
      [
        "past calls",
        `${String(preview.allowed)} of ${String(preview.considered)} recorded ones would run without asking`,
      ],
    ]),
    ...(preview.examples.length === 0
      ? []
      : [
          table(
            ["at", "was", "arguments"],
            preview.examples.map(({ at, was, arguments: args }) => [when(at), was, JSON.stringify(args)]),
            "",
          ),
        ]),
  ].join("\n");

const duration = (seconds: number): string =>
  seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(seconds < 600 ? 1 : 0)} min`;

const measuresText = (measures: ApprovalMeasures): string =>
  [
    facts([
      ["days", String(measures.days)],
      ["calls", String(measures.calls)],
      ["questions", String(measures.questions)],
      [
        "per 100 calls",
        measures.questionsPer100Calls === null ? "no calls yet" : measures.questionsPer100Calls.toFixed(1),
      ],
      ["answered", String(measures.answered)],
      [
        "time to answer",
        measures.secondsToAnswer === null ? "no answers yet" : `${duration(measures.secondsToAnswer)} (median)`,
      ],
      ["allowed", measures.allowRate === null ? "no answers yet" : `${(measures.allowRate * 100).toFixed(0)} %`],
    ]),
    table(
      ["tool", "questions", "allowed"],
      measures.byTool.map(({ tool, questions, allowed }) => [tool, String(questions), String(allowed)]),
      "No tool asked.",
    ),
  ].join("\n");

const readCommands = (approvals: Command, run: Runner): void => {
  approvals
    .command("list", { isDefault: true })
    .description("list the questions")
    .option("--all", "also the answered ones")
    .action(
      run(async (context, { all }) => {
        const list = await context.call("approvals.list", { state: all === true ? "all" : "pending" });
        context.output.data(list, () =>
          table(
            ["id", "state", "asked", "class", "would"],
            list.map(({ id, state, createdAt, question }) => [
              id,
              state,
              when(createdAt),
              question.effect,
              question.consequence,
            ]),
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
    .command("measures")
    .description("how often you are asked, how long you take, how often you allow")
    .option("--days <n>", "over how many days", "30")
    .action(
      run(async (context, { days }) => {
        const measures = await context.call("approvals.measures", { days: Number(days) });
        context.output.data(measures, () => measuresText(measures));
      }),
    );
};

const LIMIT = "a limit of the grant, instead of those on the card; may be repeated";
const CONSTRAINT = "the same as JSON; may be repeated";
const TAKE_PROPOSED = "what the card proposes: its limits, and its scope too unless --scope names a narrower one";
const PROPOSED = "the limits that the card proposes";

const answerCommands = (approvals: Command, run: Runner): void => {
  approvals
    .command("allow <id...>")
    .description("allow calls, then show what came of them")
    .option("--scope <scope>", "once (the default), task, conversation or always")
    .option(
      "--set <name=value>",
      "change an argument first (text as it is, everything else as JSON); may be repeated",
      many,
    )
    .option("--limit <limit>", LIMIT, many)
    .option("--constraint <json>", CONSTRAINT, many)
    .option("--proposed", TAKE_PROPOSED)
    .option("--for <days>", "how long the grant lasts: days, or never")
    .option("--reason <text>", "why; kept with the grant")
    .option("--code <code>", "a code of ./moltbot open --code, where the question needs a fresh proof")
    .addHelpText("after", LIMITS_HELP)
    .action(run((context, options, _first, _second, ids) => allow(context, ids, options)));
  approvals
    .command("deny <id...>")
    .description("deny calls; the reason goes back to the model")
    .option("--reason <text>", "why")
    .option("--stop", "also stop the turn")
    .action(run((context, options, _first, _second, ids) => deny(context, ids, options)));
  approvals
    .command("preview <id>")
    .description("what a wider answer would have allowed among the recorded calls")
    .option("--limit <limit>", LIMIT, many)
    .option("--constraint <json>", CONSTRAINT, many)
    .option("--proposed", PROPOSED)
    .addHelpText("after", LIMITS_HELP)
    .action(
      run(async (context, options, id) => {
        const constraints = await previewLimits(context, id, options);
        const preview = await context.call("approvals.preview", { approvalId: id, constraints });
        context.output.data(preview, () => previewText(limitsText(constraints), preview));
      }),
    );
};

/** `approvals list | show | allow | deny | preview | measures` */
export const approvalCommands = (program: Command, run: Runner): void => {
  const approvals = program.command("approvals").description("questions that wait for you");
  readCommands(approvals, run);
  answerCommands(approvals, run);
};
