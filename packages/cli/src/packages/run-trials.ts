import { watch } from "node:fs/promises";
import type { PluginTrialReport } from "@moltbot/contracts";
import color from "picocolors";
import { progressBar } from "../commands/progress-bar.ts";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine, printableValue } from "../output.ts";
import { countIn, usage } from "../usage.ts";
import { faultsOf, isNotLoaded } from "./judge-trial.ts";
import { packPlugin } from "./pack-plugin.ts";
import { archiveOf } from "./sign-package.ts";
import { isFolder, sent } from "./source.ts";
import { trialsIn } from "./trial-file.ts";
import type { Trial } from "./trial-file.ts";
import { wrapped } from "./wrapped.ts";

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
    ...faults.flatMap((fault) => wrapped("    ", fault)),
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

/** Tools that plugin.json declares and main.js does not have: nobody could call them. */
const missingLines = (outcomes: readonly Outcome[]): readonly string[] =>
  [...new Set(outcomes.flatMap(({ report }) => report.missing))].flatMap((tool) =>
    wrapped("✗ ", `main.js has no tool ${tool}, which plugin.json declares`, { shown: `${color.red("✗")} ` }),
  );

const allPassed = (outcomes: readonly Outcome[]): boolean =>
  outcomes.every(({ faults, report }) => faults.length === 0 && report.missing.length === 0);

const totalText = (outcomes: readonly Outcome[]): string => {
  if (outcomes.some(({ report }) => isNotLoaded(report))) return color.red("it cannot be loaded, so no case was run");
  const failed = outcomes.filter(({ faults }) => faults.length > 0).length;
  return failed === 0
    ? color.green(`${String(outcomes.length)} passed`)
    : color.red(`${String(failed)} of ${String(outcomes.length)} failed`);
};

/** Runs the cases of a folder one after the other, each in a sandbox of the gateway where nothing is dialled or kept. */
const runCases = async (context: CommandContext, folder: string): Promise<readonly Outcome[]> => {
  const content = await packPlugin(folder);
  const trials = await trialsIn(folder, content);
  const archive = sent(await archiveOf(content, null));
  const bar = progressBar(process.stderr, context.output.json || !process.stderr.isTTY);
  const outcomes: Outcome[] = [];
  try {
    for (const trial of trials) {
      bar.show("testing", outcomes.length, trials.length);
      const report = await tryCase(context, archive, trial);
      outcomes.push({ name: trial.name, faults: faultsOf(trial.expect, report), report });
      if (isNotLoaded(report)) break; // the others would end the same way
    }
  } finally {
    bar.end();
  }
  return outcomes;
};

/** What ends a trial that the plugin is to blame for: a case that failed, while the gateway is there and well. */
const failedTrial = (cause: unknown): PluginTrialReport => {
  if (!(cause instanceof CommandFailure) || !cause.failure.code.startsWith("PLUGIN_")) throw cause;
  const { code, message: says } = cause.failure;
  return { ok: false, result: null, problem: { code, says }, asked: [], logged: [], missing: [], milliseconds: 0 };
};

const tryCase = (context: CommandContext, archive: string, trial: Trial): Promise<PluginTrialReport> => {
  const { tool, answers, kept, arguments: args } = trial;
  return context
    .call("plugins.try", {
      archive,
      tool,
      arguments: { ...args },
      answers: answers.map((answer) => ({ ...answer })),
      kept: { ...kept },
    })
    .catch(failedTrial);
};

const runText = (outcomes: readonly Outcome[]): string =>
  [...outcomes.flatMap(outcomeLines), ...missingLines(outcomes), "", totalText(outcomes)].join("\n");

/** `plugin test DIR`: ends with 1 where a case fails. */
export const testPlugin = async (context: CommandContext, folder: string): Promise<void> => {
  const outcomes = await runCases(context, folder);
  const ok = allPassed(outcomes);
  context.output.data({ ok, cases: outcomes }, () => runText(outcomes));
  if (!ok) throw new CommandExit(FAILED);
};

/** Mistakes in the folder, which the next save may mend. */
const MENDABLE: ReadonlySet<string> = new Set(["PACKAGE_INVALID", "USAGE"]);

/** One run that a mistake in the folder does not end. A gateway that is not there does. */
const runOnce = async (context: CommandContext, folder: string): Promise<void> => {
  try {
    const outcomes = await runCases(context, folder);
    context.output.data({ ok: allPassed(outcomes), cases: outcomes }, () => `${runText(outcomes)}\n`);
  } catch (cause) {
    if (!(cause instanceof CommandFailure) || !MENDABLE.has(cause.failure.code)) throw cause;
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
