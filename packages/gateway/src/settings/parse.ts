import JSON5 from "json5";
import type { z } from "zod";
import { JsonObject, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { nearestKey } from "./keys.ts";
import { DEFAULT_SETTINGS, Settings } from "./schema.ts";
import { layered } from "./keys.ts";

const place = (cause: unknown): { line: number; column: number; problem: string } => {
  const read = (name: string): unknown =>
    typeof cause === "object" && cause !== null ? Reflect.get(cause, name) : undefined;
  const [line, column, message] = [read("lineNumber"), read("columnNumber"), read("message")];
  return {
    line: typeof line === "number" ? line : 1,
    column: typeof column === "number" ? column : 1,
    problem: String(message)
      .replace(/^JSON5: /, "")
      .replace(/ at \d+:\d+$/, ""),
  };
};

/** JSON5 text to a tree; CONFIG_SYNTAX names line and column. */
export const parseText = (file: string, text: string): Result<JsonObject> => {
  if (text.trim() === "") return ok({});
  try {
    const tree = JsonObject.safeParse(JSON5.parse(text));
    return tree.success
      ? ok(tree.data)
      : err(moltbotError("CONFIG_SYNTAX", { file, line: 1, column: 1, problem: "it must hold one object" }));
  } catch (cause) {
    return err(moltbotError("CONFIG_SYNTAX", { file, ...place(cause) }));
  }
};

const pathOf = (issue: z.core.$ZodIssue): string => issue.path.map(String).join(".");

/** Our own model, which needs no provider. */
const DEMONSTRATION = "demo";

/** A default that nobody answers to would keep the gateway from its next start, when no command can mend it any more. */
const checkDefaultModel = (settings: Settings): Result<Settings> => {
  const { default: name, providers } = settings.models;
  const known = [DEMONSTRATION, ...Object.keys(providers)];
  if (known.includes(name)) return ok(settings);
  return err(
    moltbotError("CONFIG_INVALID_VALUE", {
      key: "models.default",
      problem: `no model is called ${JSON.stringify(name)}; known are ${known.join(", ")}`,
    }),
  );
};

/** A whole tree over the defaults to settings: applied as a whole, or refused with the first fault. */
export const parseTree = (tree: JsonObject): Result<Settings> => {
  const parsed = Settings.safeParse(layered(DEFAULT_SETTINGS as unknown as JsonObject, tree)); // settings are JSON by construction
  if (parsed.success) return checkDefaultModel(parsed.data);
  const issue = parsed.error.issues[0];
  if (issue === undefined) return err(moltbotError("CONFIG_INVALID_VALUE", { key: "", problem: "unknown" }));
  if (issue.code === "unrecognized_keys") {
    const key = [...issue.path.map(String), issue.keys[0] ?? ""].join(".");
    return err(moltbotError("CONFIG_UNKNOWN_KEY", { key, nearest: nearestKey(key) }));
  }
  return err(moltbotError("CONFIG_INVALID_VALUE", { key: pathOf(issue), problem: issue.message }));
};
