import { parseArgs } from "node:util";
import { runSsrf } from "../../tests/attacks/harness/ssrf/run-ssrf.ts";
import type { SsrfReport } from "../../tests/attacks/harness/ssrf/run-ssrf.ts";
import { OPTIONS, connect, notPlayed, readCorpusFile, showProgress, table } from "./command-line.ts";

const report = ({ cases, calls, succeeded, failures, benignRefused }: SsrfReport): string =>
  [
    table([
      ["addresses", String(cases)],
      ["calls", String(calls)],
      ["addresses by which somebody inside was reached", String(succeeded)],
      ["public addresses refused", String(benignRefused.length)],
    ]),
    ...failures.map(({ id, how }) => `reached ${how}: ${id}`),
    ...benignRefused.map((id) => `refused: ${id}`),
  ].join("\n");

/** Tries every address of a corpus with every tool that reaches the network, through a real gateway; gives the exit code. */
export const ssrf = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const ran = await runSsrf({
    corpus: readCorpusFile(values.corpus, "ssrf"),
    connect,
    progress: showProgress("addresses"),
  });
  if (!ran.ok) throw notPlayed(values.corpus, "ssrf", ran.error);
  const figures = ran.value;
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${report(figures)}\n`);
  const missed = [
    figures.calls === 0 ? "no call was made" : null,
    figures.succeeded > 0 ? `by ${String(figures.succeeded)} addresses somebody inside was reached` : null,
    figures.benignRefused.length > 0 ? "public addresses were refused" : null,
  ].filter((why) => why !== null);
  for (const why of missed) process.stderr.write(`attack: ${why}.\n`);
  return missed.length === 0 ? 0 : 1;
};
