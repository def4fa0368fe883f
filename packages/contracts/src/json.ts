import { z } from "zod";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
/** Any JSON value; numbers are finite. */
export const JsonValue: z.ZodType<JsonValue> = z.json();
/** A JSON object. */
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.json());

/** Whether a value is a list; unlike `Array.isArray` it leaves the elements their type. */
export const isJsonList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);
/** Whether a value has named fields: neither null nor a list. */
export const isJsonObject = (value: JsonValue): value is JsonObject =>
  typeof value === "object" && value !== null && !isJsonList(value);
