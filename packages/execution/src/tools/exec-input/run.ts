import { ok } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { broughtBy, noteOutside } from "../exec-program/from-outside.ts";
import { findProgram, runningResources } from "../exec-program/in-background.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

/** Tells a running program something: as much an execution as starting it, and a message to every host that it reaches. */
export const execInput = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ program, text, end = false }) =>
    `Gives ${quote(text)} to the running program ${quote(program)}${end ? ", and nothing after it" : ""}.`,
  resolve: ({ program }, call, ports) => runningResources(program, call, ports),
  run: async ({ program, text, end = false }, run) => {
    const found = await findProgram(program, run.call, run.ports);
    if (!found.ok) return found;
    const place = await run.ports.placeOf(run.call);
    if (!place.ok) return place;
    const noted = await noteOutside(place.value, broughtBy(run.call, []));
    if (!noted.ok) return noted;
    const given = found.value.input(Buffer.from(text), end);
    if (!given.ok) return given;
    return ok({
      text: "ok",
      summary: `Gave ${quote(text)} to the running program ${quote(program)}.`,
      label: contextLabel(run.call),
    });
  },
});
