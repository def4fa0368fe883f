import { parseArgs } from "node:util";
import { runPlugins } from "../../tests/attacks/harness/plugins/run-plugins.ts";
import type { PluginsReport } from "../../tests/attacks/harness/plugins/run-plugins.ts";
import { OPTIONS, connect, notPlayed, readCorpusFile, showProgress, table } from "./command-line.ts";

const report = ({ cases, calls, ran, succeeded, failures, benignRefused }: PluginsReport): string =>
  [
    table([
      ["programs", String(cases)],
      ["of which something ran", String(ran)],
      ["calls", String(calls)],
      ["programs that reached the host", String(succeeded)],
      ["ordinary plugins that did not work", String(benignRefused.length)],
    ]),
    ...failures.map(({ id, how }) => `${how}: ${id}`),
    ...benignRefused.map((id) => `did not work: ${id}`),
  ].join("\n");

/** Why these figures say nothing good; none: they do. */
export const missedBy = ({ calls, ran, succeeded, benignRefused }: PluginsReport): readonly string[] =>
  [
    calls === 0 ? "no call was made" : null,
    calls > 0 && ran === 0 ? "none of them ran" : null,
    succeeded > 0 ? `${String(succeeded)} programs reached the host` : null,
    benignRefused.length > 0 ? "an ordinary plugin did not work" : null,
  ].filter((why) => why !== null);

/** Installs every program of a corpus as a plugin without permissions in a real gateway; gives the exit code. */
export const plugins = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const ran = await runPlugins({
    corpus: readCorpusFile(values.corpus, "plugins"),
    connect,
    progress: showProgress("plugin"),
  });
  if (!ran.ok) throw notPlayed(values.corpus, "plugins", ran.error);
  const figures = ran.value;
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${report(figures)}\n`);
  const missed = missedBy(figures);
  for (const why of missed) process.stderr.write(`attack: ${why}.\n`);
  return missed.length === 0 ? 0 : 1;
};
