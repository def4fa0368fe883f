import type { ModelRequest } from "@moltbot/contracts";
import type { SaidAnswer } from "./said-model.ts";

/** Whether a request is that of a quarantined reader: it is the only one that offers no tools. */
export const isReading = ({ tools }: ModelRequest): boolean => tools.length === 0;

/**
 * What a reader answers: one that obeys gives back all it was shown, hostile words and secrets alike; one that means well a
 * summary that holds neither.
 */
export const readerAnswer = ({ messages }: ModelRequest, manner: "obeys" | "means well"): SaidAnswer => {
  const shown = (messages.at(-1)?.text ?? "").match(/^│.*$/gm) ?? [];
  const words = shown.map((line) => line.replace(/^│ ?/, "")).join("\n");
  return { text: JSON.stringify({ answer: manner === "obeys" ? words : "Everything is configured as usual." }) };
};
