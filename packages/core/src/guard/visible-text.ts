import type { JsonValue } from "@moltbot/contracts";

/**
 * What a person cannot see or what moves other text: control and format characters, bidi overrides, zero-width and other
 * ignorable characters, line and paragraph separators, lone surrogates, private and unassigned code points, blanks that
 * pass for letters. A model under attack hides words in them.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;
/** Texts of these characters alone hold nothing unseen; told without looking at properties, since nearly all texts are such. */
const PLAIN = /^[ -~\u00A0-\u00AC\u00AE-\u017F]*$/;
const PLAIN_BLOCK = /^[\n\t -~\u00A0-\u00AC\u00AE-\u017F]*$/;
const DEEPEST = 8;
const VALUE_LENGTH = 4_000;

const codePoint = (character: string): string =>
  `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;

/** Whether the text holds a character that a person would not see. */
export const hasUnseen = (text: string): boolean => !PLAIN.test(text) && text.search(UNSEEN) !== -1;

/** Keeps the beginning and the end and says how much is missing between, so that padding cannot push the point out of sight. */
const cap = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const half = Math.floor(length / 2);
  return `${text.slice(0, half)} … [${text.length - 2 * half} characters not shown] … ${text.slice(-half)}`;
};

/** One line for people: unseen characters written out as ⟨U+202E⟩, at most `length` characters and a note. */
export const visibleLine = (text: string, length: number): string => {
  const line = cap(text, length);
  return PLAIN.test(line) ? line : line.replace(UNSEEN, codePoint);
};

/** Several lines for people: as `visibleLine`, but line breaks and tabs stay. */
const visibleBlock = (text: string): string => {
  const block = cap(text, VALUE_LENGTH);
  if (PLAIN_BLOCK.test(block)) return block;
  return block.replace(UNSEEN, (character) =>
    character === "\n" || character === "\t" ? character : codePoint(character),
  );
};

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
