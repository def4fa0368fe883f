import { moltbotError } from "@moltbot/contracts";
import type { JsonValue, MoltbotError } from "@moltbot/contracts";

/** As much text as handles and references may put into one call: more would be copied, sealed and hashed before anybody refused it. */
export const MOST_CARRIED = 1_000_000;

/** How much text a value holds. */
export const textLength = (value: JsonValue): number => {
  if (typeof value === "string") return value.length;
  return typeof value === "object" && value !== null
    ? Object.values(value).reduce((sum: number, item: JsonValue) => sum + textLength(item), 0)
    : 0;
};

/** Why a call that would carry more is not made. */
export const carriesTooMuch = (tool: string): MoltbotError =>
  moltbotError("TOOL_ARGUMENTS_INVALID", {
    tool,
    path: "(all)",
    problem: `what is put in place of handles and references is longer than ${String(MOST_CARRIED)} characters`,
  });
