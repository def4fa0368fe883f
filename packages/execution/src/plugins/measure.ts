import type { JsonValue } from "@moltbot/contracts";

const DEEPEST = 32;

/** Whether no part of a value lies deeper than everything that reads it can go; told without going down itself. */
export const isShallow = (value: JsonValue): boolean => {
  let level: readonly JsonValue[] = [value];
  for (let depth = 0; depth <= DEEPEST; depth += 1) {
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values<JsonValue>(one) : []));
    if (level.length === 0) return true;
  }
  return false;
};

/** Bytes in UTF-8. */
export const bytesOf = (text: string): number => Buffer.byteLength(text, "utf8");
