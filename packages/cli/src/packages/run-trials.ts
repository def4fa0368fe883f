import { watch } from "node:fs/promises";
import type { PluginTrialReport } from "@moltbot/contracts";
import color from "picocolors";
import { progressBar } from "../commands/progress-bar.ts";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine, printableValue } from "../output.ts";
import { countIn, usage } from "../usage.ts";
import { faultsOf } from "./judge-trial.ts";
import { packPlugin } from "./pack-plugin.ts";
import { archiveOf } from "./sign-package.ts";
import { isFolder, sent } from "./source.ts";
import { trialsIn } from "./trial-file.ts";
import type { Trial } from "./trial-file.ts";

const FAILED = 1;
/** Editors write a file in several steps; a run waits until they are through, in milliseconds. */
const SETTLES = 150;

interface Outcome {
  readonly name: string;
  readonly faults: readonly string[];
  readonly report: PluginTrialReport;
}

const outcomeLines = ({ name, faults, report }: Outcome): readonly string[] => {
  const passed = faults.length === 0;
  return [
    `${passed ? color.green("✓") : color.red("✗")} ${printableLine(name)} ${color.dim(`${report.milliseconds.toFixed(0)} ms`)}`,
    ...faults.map((fault) => `    ${printableLine(fault)}`),
    ...(passed
      ? []
      : report.asked.map(({ method, says, refused }) =>
          color.dim(
            `    asked ${printableLine(`${method} ${says}`)}${refused === null ? "" : `: ${printableLine(refused)}`}`,
          ),
        )),
    ...(passed ? [] : report.logged.map((line) => color.dim(`    log   ${printableLine(line)}`))),
  ];
};

const totalText = (outcomes: readonly Outcome[]): string => {
  const failed = outcomes.filter(({ faults }) => faults.length > 0).length;
  return failed === 0
    ? color.green(`${String(outcomes.length)} passed`)
    : color.red(`${String(failed)} of ${String(outcomes.length)} failed`);
};

/** Runs the cases of a folder one after the other, each in a sandbox of the gateway where nothing is dialled or kept. */
const runCases = async (context: CommandContext, folder: string): Promise<readonly Outcome[]> => {
  const content = await packPlugin(folder);
  const trials = await trialsIn(content);
  const archive = sent(await archiveOf(content, null));
  const bar = progressBar(process.stderr, context.output.json || !process.stderr.isTTY);
  const outcomes: Outcome[] = [];
  try {
    for (const trial of trials) {
      bar.show("testing", outcomes.length, trials.length);
      const report = await tryCase(context, archive, trial);
      outcomes.push({ name: trial.name, faults: faultsOf(trial.expect, report), report });
    }
  } finally {
    bar.end();
  }
  return outcomes;
};

const tryCase = (context: CommandContext, archive: string, trial: Trial): Promise<PluginTrialReport> => {
  const { tool, answers, kept, arguments: args } = trial;
  return context.call("plugins.try", {
    archive,
    tool,
    arguments: { ...args },
    answers: answers.map((answer) => ({ ...answer })),
    kept: { ...kept },
  });
};

/** `plugin test DIR`: ends with 1 where a case fails. */
export const testPlugin = async (context: CommandContext, folder: string): Promise<void> => {
  const outcomes = await runCases(context, folder);
  const ok = outcomes.every(({ faults }) => faults.length === 0);
  context.output.data({ ok, cases: outcomes }, () =>
    [...outcomes.flatMap(outcomeLines), "", totalText(outcomes)].join("\n"),
  );
  if (!ok) throw new CommandExit(FAILED);
};

/** One run that a mistake in the folder does not end. A gateway that is not there does. */
const runOnce = async (context: CommandContext, folder: string): Promise<void> => {
  try {
    const outcomes = await runCases(context, folder);
    context.output.data({ cases: outcomes }, () =>
      [...outcomes.flatMap(outcomeLines), totalText(outcomes), ""].join("\n"),
    );
  } catch (cause) {
    if (!(cause instanceof CommandFailure) || cause.failure.code !== "PACKAGE_INVALID") throw cause;
    const { failure } = cause;
    context.output.data({ error: failure }, () =>
      [color.red(printableValue(failure.message)), printableValue(failure.next), ""].join("\n"),
    );
  }
};

const PACKED_OR_HIDDEN = /(?:^|[/\\])(?:\.|node_modules)|\.moltpackage$|~$/;

/** Resolves at the next change of a file in the folder, or when it is stopped; hidden files and packages count for nothing. */
const nextChange = async (folder: string, stop: AbortSignal): Promise<void> => {
  try {
    for await (const { filename } of watch(folder, { recursive: true, signal: stop }))
      if (filename === null || !PACKED_OR_HIDDEN.test(filename)) return;
  } catch (cause) {
    if (!stop.aborted)
      throw usage(`The folder ${printableLine(folder)} cannot be watched any more (${String(cause)}).`);
  }
};

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** `plugin dev DIR`: tests it now and at each save, one run at a time, until it is interrupted or has run so often. */
export const watchPlugin = async (
  context: CommandContext,
  { runs }: Readonly<Record<string, unknown>>,
  folder: string,
): Promise<void> => {
  if (!(await isFolder(folder))) throw usage(`${printableLine(folder)} is no folder.`);
  const most = runs === undefined ? Infinity : countIn("runs", runs);
  const stop = new AbortController();
  try {
    for (let run = 1; ; run += 1) {
      // Begins to listen before it runs: what is saved meanwhile is tested too.
      const changed = nextChange(folder, stop.signal);
      changed.catch(() => undefined);
      await runOnce(context, folder);
      if (run >= most) return;
      context.output.say(color.dim(`Waiting for a change in ${printableLine(folder)}; ctrl-c ends it.`));
      await changed;
      await pause(SETTLES);
    }
  } finally {
    stop.abort();
  }
};
