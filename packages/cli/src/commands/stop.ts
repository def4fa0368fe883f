import type { Capability, ResumeReport, Stop, StopReport } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { facts, printableLine, table, when } from "../output.ts";
import { textOption, usage } from "../usage.ts";
import { limitsText } from "./limit-text.ts";

/** A stop in force, for the top of `status`. */
export const stopLine = (stop: Stop): string =>
  [
    color.red(color.bold(`Everything is stopped since ${when(stop.at)}.`)),
    ...(stop.reason === null ? [] : [color.red(`“${printableLine(stop.reason)}”`)]),
    color.red("./moltbot resume goes on and reports what was held."),
  ].join("\n");

const stoppedText = (report: StopReport): string =>
  [
    color.red(color.bold("Everything is stopped.")),
    facts([
      ["turns ended", String(report.turnsStopped)],
      ["turns held", String(report.turnsHeld)],
      ["questions cancelled", String(report.questionsCancelled)],
      ["reminders held", String(report.remindersHeld)],
      ["grants ended", String(report.capabilitiesEnded)],
    ]),
    color.dim("./moltbot resume goes on and reports what was held."),
  ].join("\n");

const grantTable = (title: string, capabilities: readonly Capability[]): readonly string[] =>
  capabilities.length === 0
    ? []
    : [
        `\n${title}`,
        table(
          ["id", "tool", "limits", "why"],
          capabilities.map((one) => [one.id, one.tool, limitsText(one.constraints), one.reason]),
          "",
        ),
      ];

const resumedText = (report: ResumeReport): string =>
  [
    `${color.green("✓")} goes on, after a stop of ${when(report.stop.at)}`,
    facts([
      ["turns released", String(report.turnsReleased)],
      ["reminders released", String(report.remindersReleased)],
      ["of those late", String(report.remindersLate)],
      ["grants back", String(report.capabilitiesRestored.length)],
      ["grants not back", String(report.capabilitiesEnded.length)],
    ]),
    ...grantTable("Grants that are back:", report.capabilitiesRestored),
    ...grantTable("Grants that ended with the stop:", report.capabilitiesEnded),
  ].join("\n");

const stopTurn = async (context: CommandContext, turnId: string): Promise<void> => {
  const report = await context.call("turns.stop", { turnId });
  context.output.data(report, () =>
    report.state === "stopped" ? `${color.green("✓")} stopped` : `It had ended already: ${report.state}.`,
  );
};

/** `stop [turn]`, `resume` */
export const stopCommands = (program: Command, run: Runner): void => {
  program
    .command("stop [turn]")
    .description(
      "stop everything at once: grants, questions, running calls, reminders; with a turn's id only that turn",
    )
    .option("--reason <text>", "why everything is stopped")
    .action(
      run(async (context, options, turnId) => {
        const reason = textOption(options["reason"]);
        if (turnId !== "") {
          if (reason !== undefined)
            throw usage("--reason belongs to stopping everything; a turn is stopped without one.");
          return stopTurn(context, turnId);
        }
        const report = await context.call("system.stop", reason === undefined ? {} : { reason });
        context.output.data(report, () => stoppedText(report));
      }),
    );
  program
    .command("resume")
    .description("go on after a stop, and report what was held")
    .option("--grants <which>", "which grants come back: starting, all or none", "starting")
    .action(
      run(async (context, { grants }) => {
        const which = String(grants) as "starting" | "all" | "none"; // the gateway checks the word
        const report = await context.call("system.resume", { grants: which });
        context.output.data(report, () => resumedText(report));
      }),
    );
};
