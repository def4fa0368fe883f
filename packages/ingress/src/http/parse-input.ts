import type { z } from "zod";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

type Fields = Readonly<Record<string, unknown>>;
const LONGEST_PROBLEM = 300;

const invalid = (path: string, problem: string): Result<never> =>
  err(moltbotError("REQUEST_INVALID", { path: path.slice(0, 100), problem: problem.slice(0, LONGEST_PROBLEM) }));

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const DEEPEST = 64;

/** Whether a value nests at most so deep; whoever walks it afterwards may recurse. */
const isFlatEnough = (value: unknown, levels: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (levels > 0 && Object.values(value).every((part) => isFlatEnough(part, levels - 1)));

/**
 * Path parameters and the query or body as one input, parsed by the operation's strict schema. A key that the path gives and the
 * body repeats is refused: two readers might choose differently.
 */
export const parseInput = <S extends z.ZodObject>(
  schema: S,
  parameters: unknown,
  rest: unknown,
): Result<z.output<S>> => {
  const fields = rest === undefined ? {} : rest;
  if (!isFields(fields)) return invalid("the body", "it is not a JSON object");
  if (!isFlatEnough(fields, DEEPEST)) return invalid("the body", `it nests deeper than ${DEEPEST} levels`);
  const path = isFields(parameters) ? parameters : {};
  for (const key of Object.keys(path)) {
    if (Object.hasOwn(fields, key)) return invalid(key, `${key} stands in the path already`);
  }
  const parsed = schema.safeParse({ ...fields, ...path });
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  if (issue === undefined) return invalid("the body", "it does not fit");
  const at = issue.path.map(String).join(".");
  const key =
    issue.code === "unrecognized_keys" ? [at, issue.keys[0] ?? ""].filter((part) => part !== "").join(".") : at;
  return invalid(
    key === "" ? "the body" : key,
    issue.code === "unrecognized_keys" ? `there is no field ${key}` : `${key}: ${issue.message}`,
  );
};
