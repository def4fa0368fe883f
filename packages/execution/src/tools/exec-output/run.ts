import { setTimeout as pause } from "node:timers/promises";
import { ok } from "@moltbot/contracts";
import type { ProgramPlace, RunningProgram } from "../../sandbox/index.ts";
import { outsideLabel } from "../exec-program/from-outside.ts";
import { findProgram } from "../exec-program/in-background.ts";
import { differenceText } from "../exec-program/show-difference.ts";
import { endText, programLabel, streamText } from "../exec-program/show-output.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import type { ToolRun } from "../tool.ts";
import { input, manifest, MOST_WAITED } from "./manifest.ts";

const USUAL_SECONDS = 5;
const LOOKS_EVERY_MS = 100;

type Look = ReturnType<RunningProgram["output"]>;

/** Looks until there is something new, it has ended, or nobody waits any more. */
const waitFor = async (program: RunningProgram, seconds: number, { signal }: ToolRun): Promise<Look> => {
  for (let left = seconds * 1000; ; left -= LOOKS_EVERY_MS) {
    // Whoever was stopped takes nothing: reading takes it away from whoever looks next.
    const look = program.output();
    const isNew = look.output.byteLength > 0 || look.dropped > 0 || !look.running;
    if (isNew || left <= 0 || signal.aborted) return look;
    await pause(LOOKS_EVERY_MS);
  }
};

/** What an ended program left in the copy, like that of one that was waited for. */
const leftBehind = async (place: ProgramPlace, { ports }: ToolRun): Promise<readonly string[]> => {
  const difference = await ports.programs.copy.difference(place);
  return difference.ok ? differenceText(difference.value) : [];
};

/** Reads what a program in the background wrote since the last look. */
export const execOutput = defineTool({
  manifest,
  input,
  seconds: MOST_WAITED + 30,
  describe: ({ program }) => `Reads what the running program ${quote(program)} wrote.`,
  run: async ({ program, seconds = USUAL_SECONDS }, run) => {
    const found = await findProgram(program, run.call, run.ports);
    if (!found.ok) return found;
    const place = await run.ports.placeOf(run.call);
    if (!place.ok) return place;
    const { output, dropped, running, exitCode, stop } = await waitFor(found.value, seconds, run);
    const state = running ? "it is running" : endText(exitCode, stop);
    const gone = dropped === 0 ? [] : [`${dropped} bytes before this are lost: nobody read them in time`];
    return ok({
      text: [
        state,
        ...gone,
        ...streamText("output", output),
        ...(running ? [] : await leftBehind(place.value, run)),
      ].join("\n\n"),
      summary: `Read ${output.byteLength} bytes that the program ${quote(program)} wrote: ${state}.`,
      label: programLabel(run.call, await outsideLabel(place.value)),
    });
  },
});
