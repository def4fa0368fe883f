import type { Json, JsonObject } from "../json.ts";
import type { PluginArgument, PluginInput } from "../manifest.ts";

const isNumber = (value: Json): value is number => typeof value === "number";

const problemWith = (argument: PluginArgument, value: Json): string | null => {
  switch (argument.type) {
    case "string":
      if (typeof value !== "string") return "is no text";
      if (argument.enum !== undefined && !argument.enum.includes(value)) return "is none of those it may be";
      return value.length > (argument.maxLength ?? 10_000) ? "is too long" : null;
    case "number":
    case "integer":
      if (!isNumber(value) || !Number.isFinite(value)) return "is no number";
      if (argument.type === "integer" && !Number.isSafeInteger(value)) return "is no whole number";
      return value < (argument.minimum ?? -Infinity) || value > (argument.maximum ?? Infinity)
        ? "is out of range"
        : null;
    case "boolean":
      return typeof value === "boolean" ? null : "is neither true nor false";
    case "array": {
      if (!Array.isArray(value)) return "is no list";
      if (value.length > (argument.maxItems ?? 100)) return "is too long";
      const problems = value.map((one: Json) => problemWith(argument.items, one));
      return problems.find((problem) => problem !== null) ?? null;
    }
  }
};

/** What is wrong with the arguments of a call; null: they fit. */
export const problemWithArguments = (input: PluginInput, args: JsonObject): string | null => {
  const missing = (input.required ?? []).find((name) => !Object.hasOwn(args, name));
  if (missing !== undefined) return `${missing} is missing`;
  for (const [name, value] of Object.entries(args)) {
    const argument = Object.hasOwn(input.properties, name) ? input.properties[name] : undefined;
    if (argument === undefined) return `${name} is no argument of this tool`;
    const problem = problemWith(argument, value);
    if (problem !== null) return `${name} ${problem}`;
  }
  return null;
};
