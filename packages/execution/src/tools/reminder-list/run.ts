import { ok, readableBy } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { localTime } from "../local-time.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

/** Lists what is still to come and everybody in the context may know, soonest first, a line each. */
export const reminderList = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: () => "Lists the reminders that are still to come.",
  run: async (_args, { call, scope, ports }) => {
    const found = await ports.reminders.list(scope);
    if (!found.ok) return found;
    const coming = found.value
      .filter(({ state, label }) => state === "scheduled" && readableBy(label.readers, call.label.readers))
      .toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
    const today = localTime(ports.clock.now()).date;
    const lines = coming.map(({ dueAt, text }) => {
      const due = localTime(dueAt);
      return `${due.date === today ? "" : `${due.date} `}${due.time} ${text}`;
    });
    return ok({
      text: lines.length === 0 ? "nothing" : lines.join("\n"),
      summary: `Found ${lines.length} ${lines.length === 1 ? "reminder" : "reminders"}.`,
      label: contextLabel(
        call,
        coming.map(({ label }) => label),
      ),
    });
  },
});
