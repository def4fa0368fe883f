import { isJsonList } from "@moltbot/contracts";
import type { JsonValue } from "@moltbot/contracts";

const DEEPEST = 32;

/** Whether each number is one that JSON can write, and no part lies deeper than everything that reads it can go; told without going down further itself. */
export const isPlain = (value: JsonValue, left = DEEPEST): boolean => {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  if (left < 0) return false;
  // Lists are long: no second list is made of their parts.
  if (isJsonList(value)) return value.every((part) => isPlain(part, left - 1));
  return Object.values<JsonValue>(value).every((part) => isPlain(part, left - 1));
};

/** Bytes in UTF-8. */
export const bytesOf = (text: string): number => Buffer.byteLength(text, "utf8");
