import { err, moltbotError } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";

/** Why nothing but the box is open while a plugin hears of an event. */
export const NO_WAY_OUT = "nothing goes out while it hears of an event";

type Refused = Result<never>;

/** `need` ends the sentence "The plugin may not do this: …"; it holds no word of the plugin's. */
export const mayNot = (plugin: string, need: string): Refused => err(moltbotError("PLUGIN_MAY_NOT", { plugin, need }));

/** `limit` ends the sentence "passed its limit: …". */
export const overLimit = (plugin: string, limit: string): Refused =>
  err(moltbotError("PLUGIN_LIMIT", { plugin, limit }));

export const stopped = (plugin: string, problem: string): Refused =>
  err(moltbotError("PLUGIN_STOPPED", { plugin, problem }));

export const failed = (plugin: string, problem: string): Refused =>
  err(moltbotError("PLUGIN_FAILED", { plugin, problem }));

/** Errors after which the other side may have done what it was asked. */
const TOO_LATE: ReadonlySet<string> = new Set(["FETCH_FAILED", "RESPONSE_TOO_LARGE", "TOO_MANY_REDIRECTS", "INTERNAL"]);

/** What a failed request means that may have changed something. */
export const asUnknown = (error: MoltbotError, tool: string): MoltbotError =>
  TOO_LATE.has(error.code) ? moltbotError("TOOL_OUTCOME_UNKNOWN", { tool }) : error;
