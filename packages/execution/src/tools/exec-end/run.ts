import { ok } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { findProgram } from "../exec-program/in-background.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

/** Ends a program of this conversation. What it left in the copy stays there. */
export const execEnd = defineTool({
  manifest,
  input,
  seconds: 30,
  describe: ({ program }) => `Ends the running program ${quote(program)}.`,
  run: async ({ program }, run) => {
    const found = await findProgram(program, run.call, run.ports);
    if (!found.ok) return found;
    await found.value.end();
    return ok({ text: "ended", summary: `Ended the program ${quote(program)}.`, label: contextLabel(run.call) });
  },
});
