import type { JsonValue } from "@moltbot/contracts";

const spellText = (text: string, line: string): string => {
  const at = line.toLowerCase().indexOf(text.toLowerCase());
  // Lower-casing may change a text's length (İ): then the places do not match and the model's spelling stays.
  return at === -1 || line.toLowerCase().length !== line.length ? text : line.slice(at, at + text.length);
};

/** A call's arguments with every text that stands in `line`, but for its case, spelt as it stands there. */
export const spellAs = (value: JsonValue, line: string): JsonValue => {
  if (typeof value === "string") return value === "" ? value : spellText(value, line);
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Array) return value.map((item: JsonValue) => spellAs(item, line));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, JsonValue]) => [name, spellAs(item, line)]),
  );
};
