import { instantOf, millisecondsOf, ok } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { localTime, spanOf } from "../local-time.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

const MINUTE = 60_000;

/** Sets a reminder; the call's id makes a second run change nothing. */
export const reminderCreate = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ minutes, text }) => `Sets a reminder: ${quote(text)} in ${spanOf(minutes)}.`,
  run: async ({ minutes, text }, { call, scope, ports }) => {
    const dueAt = instantOf(millisecondsOf(ports.clock.now()) + minutes * MINUTE);
    const created = await ports.reminders.create(scope, {
      ownerId: call.authority,
      agentId: call.agentId,
      conversationId: call.conversationId,
      callId: call.id,
      text,
      dueAt,
      label: call.label,
    });
    if (!created.ok) return created;
    const due = localTime(created.value.dueAt);
    return ok({
      text: "ok",
      summary: `Reminder set: ${quote(text)} at ${due.time} on ${due.date}.`,
      label: contextLabel(call),
    });
  },
});
