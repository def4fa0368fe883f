import { z } from "zod";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}
/** Any JSON value; numbers are finite. */
export const JsonValue: z.ZodType<JsonValue> = z.json();
/** A JSON object. */
export const JsonObject: z.ZodType<JsonObject> = z.record(z.string(), z.json());
