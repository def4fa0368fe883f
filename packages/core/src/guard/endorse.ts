import type { ARGUMENT_ORIGINS, Capability, DecisionInput, JsonValue } from "@moltbot/contracts";
import { bounds } from "./capability-match.ts";
import { hasUnseen } from "./visible-text.ts";

type Origin = (typeof ARGUMENT_ORIGINS)[number];

/** Shorter texts stand in almost any sentence by chance. */
const SHORTEST = 3;
const NEARBY = 40;
const OPENING = "([{<\"'“‘«„";
const CLOSING = ")]}>\"'”’».,;:!?";
const BLANK = " \t\r\n";

/** What lies outside the value up to the nearest blank must be punctuation alone, else the value is part of a longer word. */
const standsAlone = (text: string, start: number, end: number): boolean => {
  let left = start;
  while (left > 0 && OPENING.includes(text.charAt(left - 1))) left -= 1;
  let right = end;
  while (right < text.length && CLOSING.includes(text.charAt(right))) right += 1;
  return (
    (left === 0 || BLANK.includes(text.charAt(left - 1))) &&
    (right === text.length || BLANK.includes(text.charAt(right)))
  );
};

/** `5` in `5 000` and in `12 5` is a piece of a longer number that is written with blanks. */
const touchesDigits = (text: string, start: number, end: number): boolean =>
  /\d\s*$/.test(text.slice(Math.max(0, start - NEARBY), start)) || /^\s*\d/.test(text.slice(end, end + NEARBY));

/** Lines that quote somebody else are not the authority's own words. */
const ownWords = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.trimStart().startsWith(">"))
    .join("\n");

const wordsOf = (value: JsonValue): string | null => {
  if (typeof value === "number") return JSON.stringify(value);
  return typeof value === "string" && value.length >= SHORTEST && value.trim() === value && !hasUnseen(value)
    ? value
    : null;
};

/**
 * Whether the exact value stands as a whole in one of the authority's texts: same case, same characters, not inside a
 * longer word, address or number, not in a quoted line. Texts and numbers only; anything else is not stated.
 */
export const isStated = (value: JsonValue, stated: readonly string[]): boolean => {
  const words = wordsOf(value);
  if (words === null) return false;
  return stated.some((whole) => {
    const text = ownWords(whole);
    for (let start = text.indexOf(words); start !== -1; start = text.indexOf(words, start + 1)) {
      const end = start + words.length;
      if (!standsAlone(text, start, end)) continue;
      if (typeof value !== "number" || !touchesDigits(text, start, end)) return true;
    }
    return false;
  });
};

/** Where an argument's value came from, best first; `covering` are the capabilities that cover the call. */
export const originOf = (
  name: string,
  value: JsonValue,
  input: Pick<DecisionInput, "stated" | "call">,
  covering: readonly Capability[],
): Origin => {
  if (isStated(value, input.stated)) return "stated";
  if (covering.some((capability) => bounds(capability, name))) return "granted";
  return input.call.label.integrity === "untrusted" ? "untrusted" : "model";
};
