import { visibleInLine, visibleText } from "@moltbot/contracts";
import type { JsonValue } from "@moltbot/contracts";

const DEEPEST = 8;
const VALUE_LENGTH = 4_000;

/** Keeps the beginning and the end and says how much is missing between, so that padding cannot push the point out of sight. */
const cap = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const half = Math.floor(length / 2);
  return `${text.slice(0, half)} … [${text.length - 2 * half} characters not shown] … ${text.slice(-half)}`;
};

/** One line for people: what is unseen or passes for a space written out as ⟨U+202E⟩, at most `length` characters and a note. */
export const visibleLine = (text: string, length: number): string => visibleInLine(cap(text, length));

/** Several lines for people: as `visibleLine`, but line breaks and tabs stay. */
const visibleBlock = (text: string): string => visibleText(cap(text, VALUE_LENGTH));

/** A JSON value as the card may show it: every string in it, keys too, made visible; too deep becomes a note. */
export const visibleValue = (value: JsonValue, depth = 0): JsonValue => {
  if (typeof value === "string") return visibleBlock(value);
  if (value === null || typeof value !== "object") return value;
  if (depth >= DEEPEST) return "[deeper than can be shown]";
  if (Array.isArray(value)) return value.map((item: JsonValue) => visibleValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [visibleLine(key, 100), visibleValue(item, depth + 1)]),
  );
};
