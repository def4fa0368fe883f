import { err, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { z } from "zod";
import { serviceFailed } from "../search-service.ts";

/** An answer in JSON of one form; a web page or anything else in its place is named as what it is. */
export const readJson = <T>(base: string, body: string, form: z.ZodType<T>, hint: string): Result<T> => {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    const was = body.trimStart().startsWith("<") ? "with a web page instead of JSON" : "with something else than JSON";
    return err(serviceFailed(base, `it answered ${was}${hint}`));
  }
  const parsed = form.safeParse(value);
  return parsed.success ? ok(parsed.data) : err(serviceFailed(base, "its JSON is not in the form of a search answer"));
};
