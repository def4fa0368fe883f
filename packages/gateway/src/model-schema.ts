import { isJsonList } from "@moltbot/contracts";
import type { JsonObject, JsonValue } from "@moltbot/contracts";
import { z } from "zod";

/**
 * What a model cannot use: lengths and shapes of texts, which the house checks with words of its own, and that nothing else may be
 * given (`additionalProperties: false`). They would be sent with every request.
 */
const NOT_SENT: ReadonlySet<string> = new Set(
  "$schema minLength maxLength minItems maxItems pattern propertyNames allOf".split(" "),
);

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === "object" && value !== null && !isJsonList(value);

const shorter = (schema: JsonValue): JsonValue => {
  if (!isObject(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword, value]) => !NOT_SENT.has(keyword) && !(keyword === "additionalProperties" && value === false))
      .map(([keyword, value]) => {
        // Here the names are the tool's own, not keywords.
        if (keyword === "properties" && isObject(value))
          return [keyword, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shorter(one)]))];
        return [keyword, isJsonList(value) ? value.map(shorter) : shorter(value)];
      }),
  );
};

const made = new WeakMap<z.ZodType, JsonObject>();

/** The arguments of a tool as a model is shown them (JSON Schema 2020-12): names, types, choices and bounds of numbers. */
export const modelSchema = (input: z.ZodType): JsonObject => {
  const known = made.get(input);
  if (known !== undefined) return known;
  const schema = z.toJSONSchema(input, { unrepresentable: "any", io: "input" }) as JsonObject; // JSON Schema is JSON
  const shown = shorter(schema) as JsonObject; // an object stays one
  made.set(input, shown);
  return shown;
};
