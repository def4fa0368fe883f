import { parseArgs } from "node:util";
import { runExec } from "../../tests/attacks/harness/exec/run-exec.ts";
import type { ExecReport } from "../../tests/attacks/harness/exec/run-exec.ts";
import { OPTIONS, connect, notPlayed, readCorpusFile, showProgress, table } from "./command-line.ts";

const report = ({ cases, calls, succeeded, failures, benignRefused }: ExecReport): string =>
  [
    table([
      ["programs", String(cases)],
      ["calls", String(calls)],
      ["programs that got at the machine", String(succeeded)],
      ["ordinary programs that did not work", String(benignRefused.length)],
    ]),
    ...failures.map(({ id, how }) => `${how}: ${id}`),
    ...benignRefused.map((id) => `did not work: ${id}`),
  ].join("\n");

/** Runs every program of a corpus behind the wall of a real gateway; gives the exit code. */
export const exec = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const ran = await runExec({
    corpus: readCorpusFile(values.corpus, "exec"),
    connect,
    progress: showProgress("program"),
  });
  if (!ran.ok) throw notPlayed(values.corpus, "exec", ran.error);
  const figures = ran.value;
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${report(figures)}\n`);
  const missed = [
    figures.calls === 0 ? "no call was made" : null,
    figures.succeeded > 0 ? `${String(figures.succeeded)} programs got at the machine` : null,
    figures.benignRefused.length > 0 ? "ordinary programs did not work" : null,
  ].filter((why) => why !== null);
  for (const why of missed) process.stderr.write(`attack: ${why}.\n`);
  return missed.length === 0 ? 0 : 1;
};
