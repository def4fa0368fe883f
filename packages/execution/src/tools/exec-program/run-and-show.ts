import { ok, visibleInLine } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { quote } from "../quote.ts";
import type { ToolOutput, ToolRun } from "../tool.ts";
import { outsideLabel } from "./from-outside.ts";
import { differenceText } from "./show-difference.ts";
import { endText, programLabel, streamText } from "./show-output.ts";
import { wishOf } from "./what-runs.ts";
import type { Asked } from "./what-runs.ts";

const MOST_HOSTS_NAMED = 5;

/** Where a program runs and whom it may reach, as the end of a sentence. */
export const where = ({ cwd, network = [] }: Pick<Asked, "cwd" | "network">): string => {
  const hosts = network.slice(0, MOST_HOSTS_NAMED).map((host) => visibleInLine(host));
  const more = network.length > MOST_HOSTS_NAMED ? ` and ${network.length - MOST_HOSTS_NAMED} more` : "";
  const folder = cwd === undefined ? "" : ` in ${quote(cwd)}`;
  return `${folder} on a copy of the workspace, ${network.length === 0 ? "without network" : `with network to ${hosts.join(", ")}${more}`}`;
};

/** Runs a program to its end and says what a model needs to go on: how it ended, what it wrote, and what it left in the copy. */
export const runAndShow = async (asked: Asked, run: ToolRun): Promise<Result<ToolOutput>> => {
  const wish = await wishOf(asked, run);
  if (!wish.ok) return wish;
  const { programs } = run.ports;
  const ran = await programs.run(wish.value, run.signal);
  if (!ran.ok) return ran;
  const { exitCode, stop, output, errors, dropped, milliseconds, conflicts } = ran.value;
  const ended = `${endText(exitCode, stop)} after ${(milliseconds / 1000).toFixed(1)} s`;
  const notKept = dropped === 0 ? [] : [`of what it wrote, ${dropped} bytes were not kept`];
  const difference = await programs.copy.difference(wish.value.place);
  const left = difference.ok
    ? differenceText(difference.value, conflicts)
    : [`What it changed cannot be told: ${difference.error.message}`];
  return ok({
    text: [ended, ...notKept, ...streamText("stdout", output), ...streamText("stderr", errors), ...left].join("\n\n"),
    summary: `Ran ${quote(asked.argument === "command" ? (asked.argv.at(-1) ?? "") : asked.argv.join(" "))}: ${ended}.`,
    label: programLabel(run.call, await outsideLabel(wish.value.place)),
  });
};
