import { label, ok } from "@moltbot/contracts";
import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";

const MOST = 5;

/** Finds what was remembered and what everybody in the context may know; the result is no more trusted than the least trusted thing found. */
export const memorySearch = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ query }) => `Searches memory for ${quote(query)}.`,
  run: async ({ query }, { call, scope, ports }) => {
    const found = await ports.memories.search(scope, query, MOST, call.label.readers);
    if (!found.ok) return found;
    const labels = found.value.flatMap((memory) => [
      memory.label,
      label("authority", "public", [{ kind: "memory", ref: memory.id }]),
    ]);
    const count = found.value.length;
    return ok({
      text: count === 0 ? "nothing" : found.value.map(({ text }) => text).join("\n"),
      summary: `Found ${count} ${count === 1 ? "memory" : "memories"}.`,
      label: contextLabel(call, labels),
    });
  },
});
