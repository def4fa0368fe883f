import { isJsonObject } from "@moltbot/contracts";
import type { JsonObject, JsonValue } from "@moltbot/contracts";
import { z } from "zod";

/**
 * Any JSON, without a look at each of its parts: what is asked came out of a parser of JSON, and was found plain. Threat: a
 * schema that goes through a list of a hundred thousand numbers holds up everybody in the house, for each ask.
 */
export const AnyJson = z.custom<JsonValue>((value) => value !== undefined);
export const AnyObject = z.custom<JsonObject>((value) => value !== undefined && isJsonObject(value as JsonValue)); // as above
