import type { AnswerKind, JsonValue } from "@moltbot/contracts";

const BITS_PER_CHARACTER = 4;

/** Whether answers of a kind are words, which stay behind a handle. */
export const isWords = (kind: AnswerKind): boolean => kind === "text" || kind === "texts";

/** An answer as a view shows it. */
export const textOfAnswer = (value: JsonValue): string => {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.join("\n") : JSON.stringify(value);
};

/** How many bits an answer lets into a view: what an attacker could say by choosing it. */
export const bitsOf = (kind: AnswerKind, value: JsonValue): number => {
  switch (kind) {
    case "text":
    case "texts":
      return 0;
    case "boolean":
      return 1;
    case "number":
    case "date":
      return BITS_PER_CHARACTER * textOfAnswer(value).length;
    default:
      return Math.ceil(Math.log2(Math.max(2, new Set(kind).size)));
  }
};

/** The fewest bits that must be left to ask for a kind: that there is no answer tells one, also where words are asked for. */
export const leastBits = (kind: AnswerKind): number => {
  switch (kind) {
    case "text":
    case "texts":
      return 1;
    case "number":
      return BITS_PER_CHARACTER;
    case "date":
      return BITS_PER_CHARACTER * "2026-11-22".length;
    default:
      return bitsOf(kind, false);
  }
};
