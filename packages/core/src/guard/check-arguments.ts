import type { ArgumentsProblem, JsonObject, ToolManifest } from "@moltbot/contracts";
import { canonicalText, sameValue } from "./canonical.ts";

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;

const pathWords = (path: readonly PropertyKey[]): string =>
  path.length === 0
    ? "arguments"
    : path.map((step) => (typeof step === "number" || NAME.test(String(step)) ? String(step) : "?")).join(".");

type Issue = NonNullable<ReturnType<ToolManifest["input"]["safeParse"]>["error"]>["issues"][number];

const problemWords = (issue: Issue): string => {
  switch (issue.code) {
    case "invalid_type":
      return `a value of type ${issue.expected} is expected`;
    case "unrecognized_keys":
      return `${issue.keys.length} unknown ${issue.keys.length === 1 ? "argument" : "arguments"}`;
    case "too_big":
      return `at most ${issue.maximum} is allowed`;
    case "too_small":
      return `at least ${issue.minimum} is needed`;
    case "invalid_format":
      return `a valid ${issue.format} is expected`;
    case "invalid_value":
      return "it is not one of the allowed values";
    default:
      return "it is not what this argument takes";
  }
};

/**
 * Null when the arguments fit the manifest's schema and pass through it unchanged. A schema that drops or rewrites what it
 * reads (a stripped `__proto__`, a coerced number) would let the tool act on something else than was decided.
 */
export const argumentsProblem = (manifest: ToolManifest, given: JsonObject): ArgumentsProblem | null => {
  const text = canonicalText(given);
  if (text === null) return { path: "arguments", problem: "a text is not valid Unicode" };
  if (!text.startsWith("{")) return { path: "arguments", problem: "an object is expected" };
  // A schema would also read what an object inherits; this copy has its own properties and no prototype.
  const own: unknown = Object.assign(Object.create(null), JSON.parse(text));
  const parsed = manifest.input.safeParse(own);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return issue === undefined
      ? { path: "arguments", problem: "they do not fit" }
      : { path: pathWords(issue.path), problem: problemWords(issue) };
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(parsed.data, name)) return { path: pathWords([name]), problem: "an unknown argument" };
    if (!sameValue(given[name], parsed.data[name])) {
      return { path: pathWords([name]), problem: "it is not in the form that the tool would use" };
    }
  }
  return null;
};
