import { ok } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { localTime } from "../local-time.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

/** Tells the time: `HH:MM` first, the rest on a line of its own for models that need it. */
export const clockNow = defineTool({
  manifest,
  input,
  seconds: 5,
  describe: () => "Looks at the clock.",
  run: async (_args, { call, ports }) => {
    const now = localTime(ports.clock.now());
    return ok({
      text: `${now.time}\n${now.weekday} ${now.date} ${now.zone}`,
      summary: `It is ${now.time}.`,
      label: contextLabel(call),
    });
  },
});
