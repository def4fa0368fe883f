import { contextLabel } from "../context-label.ts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import { evaluate } from "./evaluate.ts";
import { input, manifest } from "./manifest.ts";
import { ok } from "@moltbot/contracts";

/** Calculates; the text is the number alone. */
export const calc = defineTool({
  manifest,
  input,
  seconds: 5,
  describe: ({ expr }) => `Calculates ${quote(expr)}.`,
  run: async ({ expr }, { call }) => {
    const value = evaluate(expr);
    if (!value.ok) return value;
    return ok({ text: value.value, summary: `${quote(expr)} is ${value.value}.`, label: contextLabel(call) });
  },
});
