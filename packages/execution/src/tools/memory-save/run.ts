import { ok } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

/** Remembers a text with the label of the call that brought it: poison stays marked as poison. */
export const memorySave = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ text }) => `Remembers: ${quote(text)}.`,
  run: async ({ text }, { call, scope, ports }) => {
    const saved = await ports.memories.save(scope, {
      ownerId: call.authority,
      agentId: call.agentId,
      callId: call.id,
      text,
      label: call.label,
    });
    if (!saved.ok) return saved;
    return ok({ text: "ok", summary: `Remembered: ${quote(text)}.`, label: contextLabel(call) });
  },
});
