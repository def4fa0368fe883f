import { parseArgs } from "node:util";
import { runPaths } from "../../packages/gateway/src/drill/index.ts";
import type { PathsReport } from "../../packages/gateway/src/drill/index.ts";
import { OPTIONS, connect, notPlayed, readCorpusFile, showProgress, table } from "./command-line.ts";

const report = ({ cases, calls, succeeded, failures, benignRefused }: PathsReport): string =>
  [
    table([
      ["paths", String(cases)],
      ["calls", String(calls)],
      ["paths that led outside", String(succeeded)],
      ["ordinary paths refused", String(benignRefused.length)],
    ]),
    ...failures.map(({ id, how }) => `${how}: ${id}`),
  ].join("\n");

/** Tries every path of a corpus with every file tool of a real gateway; gives the exit code. */
export const paths = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const ran = await runPaths({
    corpus: readCorpusFile(values.corpus, "paths"),
    connect,
    progress: showProgress("paths"),
  });
  if (!ran.ok) throw notPlayed(values.corpus, "paths", ran.error);
  const figures = ran.value;
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${report(figures)}\n`);
  const missed = [
    figures.calls === 0 ? "no call was made" : null,
    figures.succeeded > 0 ? `${String(figures.succeeded)} paths led outside` : null,
    figures.benignRefused.length > 0 ? "ordinary paths were refused" : null,
  ].filter((why) => why !== null);
  for (const why of missed) process.stderr.write(`attack: ${why}.\n`);
  return missed.length === 0 ? 0 : 1;
};
