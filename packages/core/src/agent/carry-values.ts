import { err, joinAll, moltbotError, ok } from "@moltbot/contracts";
import type { JsonObject, JsonValue, Label, Message, MessagePart, Result } from "@moltbot/contracts";
import { contentOf } from "../conversation/index.ts";
import type { Content } from "../conversation/index.ts";
import { MOST_CARRIED, carriesTooMuch } from "./most-carried.ts";
import type { TurnRun } from "./ports.ts";
import { labelsOfLeaf, labelsOfName } from "./reader/index.ts";
import type { Answered } from "./reader/index.ts";

type CallPart = Extract<MessagePart, { type: "call" }>;

/** A call as it will be made, and the label of everything in it. */
export interface Carried {
  readonly part: CallPart;
  readonly label: Label;
}

const TOKEN = /⟦\s*(h[0-9a-f]{12})\s*⟧/g;
const BARE = /^\s*(h[0-9a-f]{12})\s*$/;

/** A value with contents in the place of handles, the labels of what is in it, and the handles that stand for nothing. */
interface Found {
  readonly value: JsonValue;
  readonly labels: readonly Label[];
  readonly unknown: readonly string[];
}

interface Carrier {
  readonly find: (handle: string) => Content | null;
  readonly answered: Answered;
  readonly view: Label;
  /** How much text may still be put in; below zero when it was more. */
  left: number;
}

const carryText = (carrier: Carrier, written: string): Found => {
  const { find, answered, view } = carrier;
  const text = written.replace(BARE, "⟦$1⟧");
  const labels = [...labelsOfLeaf(answered, text.replace(TOKEN, ""))];
  const unknown: string[] = [];
  const value = text.replace(TOKEN, (token, handle: string) => {
    const content = find(handle);
    if (content === null) unknown.push(handle);
    else labels.push(content.label);
    carrier.left -= content?.text.length ?? 0;
    return carrier.left < 0 ? token : (content?.text ?? token);
  });
  const hasOwnWords = text.replace(TOKEN, "").trim() !== "";
  return { value, labels: labels.length > 0 && hasOwnWords ? [view, ...labels] : labels, unknown };
};

const carry = (carrier: Carrier, value: JsonValue): Found => {
  if (typeof value === "string") return carryText(carrier, value);
  if (typeof value !== "object" || value === null)
    return { value, labels: labelsOfLeaf(carrier.answered, value), unknown: [] };
  const entries = Object.entries(value).map(([key, item]: [string, JsonValue]) => [key, carry(carrier, item)] as const);
  const found = entries.map(([, item]) => item);
  return {
    value: Array.isArray(value)
      ? found.map((item) => item.value)
      : Object.fromEntries(entries.map(([key, item]) => [key, item.value])),
    labels: [
      ...(Array.isArray(value) ? [] : Object.keys(value).flatMap((key) => labelsOfName(carrier.answered.answers, key))),
      ...found.flatMap(({ labels }) => labels),
    ],
    unknown: found.flatMap(({ unknown }) => unknown),
  };
};

/**
 * A call that was chosen from handles or from what readers answered: each handle in its arguments becomes the text it stands
 * for, and every argument gets the label of what is in it. HANDLE_UNKNOWN for a handle that stands for nothing,
 * TOOL_ARGUMENTS_INVALID where all of them together stand for too much.
 */
export const carryValues = (
  { ports }: TurnRun,
  path: readonly Message[],
  part: CallPart,
  view: Label,
  answered: Answered,
): Result<Carried> => {
  const carrier: Carrier = {
    find: (handle) => contentOf(ports.conversation, path, handle),
    answered,
    view,
    left: MOST_CARRIED,
  };
  const found = Object.entries(part.arguments).map(([name, value]) => [name, carry(carrier, value)] as const);
  const [handle] = found.flatMap(([, { unknown }]) => unknown);
  if (handle !== undefined) return err(moltbotError("HANDLE_UNKNOWN", { handle }));
  if (carrier.left < 0) return err(carriesTooMuch(part.tool));
  if (found.every(([, { labels }]) => labels.length === 0)) return ok({ part, label: view });
  const args: JsonObject = Object.fromEntries(found.map(([name, { value }]) => [name, value]));
  const values = Object.fromEntries(
    found.map(([name, { labels }]) => [name, labels.length === 0 ? view : joinAll(labels)]),
  );
  return ok({ part: { ...part, arguments: args, values }, label: joinAll([view, ...Object.values(values)]) });
};
