import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AnswerKind, JsonValue, Result } from "@moltbot/contracts";

const MOST_TEXTS = 100;
const FENCE = "```";
const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const daysIn = (year: number, month: number): number => {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
};

/** A day or an instant as ISO 8601 writes it, one that exists. */
const isDate = (text: string): boolean => {
  const [, year, month, day] = DATE.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return false;
  return day >= 1 && day <= daysIn(year, month);
};

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= MOST_TEXTS && value.every(isText);

/** A value of exactly the kind that was asked for; undefined for anything else. */
const valueOf = (kind: AnswerKind, value: unknown): JsonValue | undefined => {
  switch (kind) {
    case "text":
      return isText(value) ? value : undefined;
    case "texts":
      return isTexts(value) ? value : undefined;
    case "number":
      return typeof value === "number" && Number.isFinite(value) ? value : undefined;
    case "date":
      return typeof value === "string" && isDate(value) ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    default:
      return typeof value === "string" && kind.includes(value) ? value : undefined;
  }
};

/** What stands inside a fence, where the whole text is one. */
const unfenced = (text: string): string => {
  const line = text.indexOf("\n");
  const isFenced = line > 0 && /^```(?:json)?\s*$/.test(text.slice(0, line)) && text.endsWith(FENCE);
  return isFenced ? text.slice(line + 1, -FENCE.length) : text;
};

const treeOf = (text: string): unknown => {
  try {
    return JSON.parse(unfenced(text.trim()));
  } catch {
    return undefined;
  }
};

const answerOf = (tree: unknown): unknown =>
  typeof tree === "object" && tree !== null && !Array.isArray(tree) && Object.keys(tree).join() === "answer"
    ? Object.entries(tree)[0]?.[1]
    : undefined;

/** Names a kind in an error: the choices of a list may be long. */
const nameOf = (kind: AnswerKind): string => (typeof kind === "string" ? kind : "choice from the list");

/** A reader's answer of one kind from its whole text, `{"answer": …}` and nothing else. READER_ANSWER_INVALID otherwise. */
export const parseAnswer = (text: string, kind: AnswerKind): Result<JsonValue> => {
  const value = valueOf(kind, answerOf(treeOf(text)));
  return value === undefined ? err(moltbotError("READER_ANSWER_INVALID", { kind: nameOf(kind) })) : ok(value);
};
