import { CallId, JsonObject } from "@moltbot/contracts";
import type { MessagePart, ModelCall } from "@moltbot/contracts";
import type { TurnPorts } from "./ports.ts";

type CallPart = Extract<MessagePart, { type: "call" }>;

/** Arguments of this shape can fit no tool's schema, so the guard refuses the call and says so. */
const UNREADABLE: JsonObject = Object.freeze({ "(unreadable)": true });
const LONGEST_ARGUMENTS = 200_000;

/** A key that a later copy could turn into a prototype: JSON may hold it, no tool means it. */
const holdsPrototypeKey = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (Object.hasOwn(value, "__proto__") || Object.values(value).some(holdsPrototypeKey));

const parseArguments = (text: string): JsonObject => {
  if (text.trim() === "") return {};
  if (text.length > LONGEST_ARGUMENTS) return UNREADABLE;
  try {
    const tree: unknown = JSON.parse(text);
    if (holdsPrototypeKey(tree)) return UNREADABLE;
    const parsed = JsonObject.safeParse(tree);
    return parsed.success ? parsed.data : UNREADABLE;
  } catch {
    // Not JSON: the guard's schema check names the fault to the model.
    return UNREADABLE;
  }
};

/** A model's call as a part of our message: our own id, the name it wrote (cut to 200 characters), arguments as JSON. */
export const parseCall = (ports: Pick<TurnPorts, "ids">, call: ModelCall): CallPart => ({
  type: "call",
  callId: ports.ids.next(CallId),
  tool: call.tool.slice(0, 200),
  arguments: parseArguments(call.arguments),
});
