import { isJsonList, isJsonObject } from "@moltbot/contracts";
import type { JsonObject, JsonValue } from "@moltbot/contracts";

const isNothing = (value: JsonValue | undefined): boolean =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** One text per value: keys in order, what is nothing left out, lists in the order of their items' texts. */
const textOf = (value: JsonValue): string => {
  if (isJsonList(value)) return `[${value.map(textOf).toSorted().join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => !isNothing(item));
  return `{${entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${textOf(item)}`)
    .join(",")}}`;
};

/** Whether two values mean the same to a tool: left out, null and empty are one; the order of a list does not matter. */
export const sameValue = (a: JsonValue | undefined, b: JsonValue | undefined): boolean =>
  (isNothing(a) && isNothing(b)) || textOf(a ?? null) === textOf(b ?? null);

/** Whether the named arguments mean the same in both. */
export const sameIn = (names: readonly string[], a: JsonObject, b: JsonObject): boolean =>
  names.every((name) => sameValue(a[name], b[name]));

/** Every text, number and truth value inside, as it would be written. */
export const leavesOf = (value: JsonValue | undefined): readonly string[] => {
  if (value === undefined || value === null || value === "") return [];
  if (isJsonList(value)) return value.flatMap(leavesOf);
  if (isJsonObject(value)) return Object.values(value).flatMap(leavesOf);
  return [typeof value === "string" ? value : JSON.stringify(value)];
};
