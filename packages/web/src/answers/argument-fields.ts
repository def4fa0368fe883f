/** The arguments of a call as fields that a person can change before allowing it. */
import type { JsonObject, JsonValue, QuestionArgument } from "@moltbot/contracts";
import { valueText } from "../words.ts";

/** What stands in the fields, by argument. */
export type Draft = Readonly<Record<string, string | boolean>>;
type FieldKind = "line" | "text" | "number" | "checkbox" | "json";

/** The field that fits a value. */
export const fieldKind = (value: JsonValue): FieldKind => {
  if (typeof value === "boolean") return "checkbox";
  if (typeof value === "number") return "number";
  if (typeof value !== "string") return "json";
  return value.length > 60 || value.includes("\n") ? "text" : "line";
};

/** The fields as they stand before anybody changed them. */
export const draftOf = (given: readonly QuestionArgument[]): Draft =>
  Object.fromEntries(given.map(({ name, value }) => [name, typeof value === "boolean" ? value : valueText(value)]));

const readField = (original: JsonValue, entered: string | boolean): JsonValue | undefined => {
  if (typeof entered === "boolean" || typeof original === "string") return entered;
  if (typeof original === "number")
    return entered.trim() !== "" && Number.isFinite(Number(entered)) ? Number(entered) : undefined;
  try {
    return JSON.parse(entered) as JsonValue; // what JSON.parse gives is a JSON value
  } catch {
    return undefined;
  }
};

/** All arguments as they shall be, or what is wrong with which. */
export const readDraft = (
  given: readonly QuestionArgument[],
  draft: Draft,
): {
  readonly arguments: JsonObject;
  readonly changed: boolean;
  readonly problems: Readonly<Record<string, string>>;
} => {
  const values: Record<string, JsonValue> = {};
  const problems: Record<string, string> = {};
  let changed = false;
  for (const { name, value } of given) {
    const entered = draft[name];
    const read = entered === undefined ? value : readField(value, entered);
    if (read === undefined) problems[name] = typeof value === "number" ? "Write a number." : "This is no JSON value.";
    else {
      values[name] = read;
      changed ||= JSON.stringify(read) !== JSON.stringify(value);
    }
  }
  return { arguments: values, changed, problems };
};

/** The argument that a problem's path points at; null when it points at none. */
export const argumentAt = (path: string | null, given: readonly QuestionArgument[]): string | null => {
  const first = (path ?? "").replace(/^(\$|arguments)?[./]*/, "").split(/[./[]/)[0];
  return given.find(({ name }) => name === path || name === first)?.name ?? null;
};
