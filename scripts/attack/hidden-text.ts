import { parseArgs } from "node:util";
import { card } from "../../packages/cli/src/commands/card.ts";
import { textOf } from "../../packages/cli/src/commands/reply.ts";
import { printable, table as rows } from "../../packages/cli/src/output.ts";
import { runHiddenText } from "../../packages/gateway/src/drill/index.ts";
import type { HiddenTextReport, Renderers } from "../../packages/gateway/src/drill/index.ts";
import { OPTIONS, connect, notPlayed, readCorpusFile, table } from "./command-line.ts";

/** What the command line prints, by the functions that it prints it with. */
const COMMAND_LINE: Renderers = {
  card: (approval) => card(approval),
  message: (message) => printable(textOf(message)),
  record: ({ event, fields }) =>
    rows(
      ["event", "what"],
      [
        [
          event,
          Object.entries(fields)
            .map(([name, value]) => `${name}=${String(value)}`)
            .join(" "),
        ],
      ],
      "",
    ),
};

const report = (figures: HiddenTextReport): string =>
  [
    table([
      ["texts", String(figures.cases)],
      ["texts of which something stayed hidden", String(figures.succeeded)],
      ["ways in without a signal", String(figures.withoutSignal.length)],
      ["texts whose label depends on detection", String(figures.labelsThatDiffer.length)],
    ]),
    ...figures.failures.map(
      ({ id, surface, how, codes }) => `${how}: ${id} in ${surface}: ${codes.slice(0, 8).join(" ")}`,
    ),
  ].join("\n");

/** Sends texts that hide something through a real gateway, and looks at what people are shown; gives the exit code. */
export const hiddenText = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const ran = await runHiddenText({
    corpus: readCorpusFile(values.corpus, "hidden-text"),
    connect,
    renderers: COMMAND_LINE,
  });
  if (!ran.ok) throw notPlayed(values.corpus, "hidden-text", ran.error);
  const figures = ran.value;
  process.stdout.write(values.json ? `${JSON.stringify(figures)}\n` : `${report(figures)}\n`);
  const missed = [
    figures.cases === 0 ? "no text was played" : null,
    figures.succeeded > 0 ? `${String(figures.succeeded)} texts stayed hidden somewhere` : null,
    figures.labelsThatDiffer.length > 0 ? "a label depends on what a detector noticed" : null,
  ].filter((why) => why !== null);
  for (const why of missed) process.stderr.write(`attack: ${why}.\n`);
  return missed.length === 0 ? 0 : 1;
};
