import { visibleInLine } from "@moltbot/contracts";
import type { JsonObject, JsonValue } from "@moltbot/contracts";

const LONGEST = 300;
/** What of an ask tells people the most. */
const TELLING = ["method", "url", "key", "prefix", "name"];

const shown = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

/** An ask in one line for whoever tries the plugin; nothing in it is hidden. */
export const askInWords = (params: JsonObject): string => {
  const words = TELLING.flatMap((name) => (Object.hasOwn(params, name) ? [shown(params[name])] : []));
  return visibleInLine(Array.from(words.join(" ")).slice(0, LONGEST).join(""));
};
