import { Handle, joinAll } from "@moltbot/contracts";
import type { Conversation, Label, Message, MessagePart } from "@moltbot/contracts";
import { isTrusted, knownIn, labelsOf } from "./known.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;

/** Text that is kept out of a view or that a plan refers to, with its own label. */
export interface Content {
  readonly text: string;
  readonly label: Label;
  /** False: the call it came from did not succeed. */
  readonly whole: boolean;
  /** How many recognised secrets were kept back from it. */
  readonly secrets: number;
  /** The result that it is; absent for words of a message. */
  readonly result?: ResultPart;
}

/** The handle of what a message or a call's result holds. */
export const handleOf = (id: string): Handle => Handle.parse(`h${id.slice(-12)}`);

/** What came of a call: its text, labelled as the answer of a reader where it is one, otherwise as its message. */
const contentOfResult = (message: Message, part: ResultPart): Content => ({
  text: part.text,
  label: part.reader?.label ?? message.label,
  whole: part.status === "ok",
  secrets: part.secrets ?? 0,
  result: part,
});

const spoken = (part: MessagePart): readonly string[] => {
  switch (part.type) {
    case "text":
    case "quote":
    case "reminder":
      return [part.text];
    case "call":
    case "plan":
    case "result":
      return [];
  }
};

/** Words of a message that are not the authority's: all of them, or those it quotes. Null when there are none. */
export const wordsKept = (message: Message): Content | null => {
  const isOwn = isTrusted(message.label);
  const parts = isOwn
    ? message.parts.filter((part) => part.type === "quote" && !isTrusted(part.label))
    : message.parts.filter((part) => part.type !== "result");
  const texts = parts.flatMap(spoken);
  if (texts.length === 0) return null;
  const label = isOwn
    ? joinAll(parts.flatMap((part) => (part.type === "quote" ? [part.label] : [])))
    : joinAll(labelsOf(message));
  return { text: texts.join("\n\n"), label, whole: true, secrets: 0 };
};

/** The result of a call on a path, whatever its label; null when there is none. */
export const resultOn = (path: readonly Message[], callId: string): Content | null => {
  for (const message of path)
    for (const part of message.parts)
      if (part.type === "result" && part.callId === callId) return contentOfResult(message, part);
  return null;
};

/** Everything on a path that is kept aside, by its handle. What not all of the audience may know is kept under none. */
const keptIn = (conversation: Pick<Conversation, "audience">, path: readonly Message[]): readonly [Handle, Content][] =>
  knownIn(conversation, path)
    .filter(({ role, state }) => role !== "notice" && state !== "removed")
    .flatMap((message): [Handle, Content][] => {
      const words = wordsKept(message);
      const results = isTrusted(message.label)
        ? []
        : message.parts.flatMap((part): [Handle, Content][] =>
            part.type === "result" ? [[handleOf(part.callId), contentOfResult(message, part)]] : [],
          );
      return words === null ? results : [[handleOf(message.id), words], ...results];
    });

/** What is kept under a handle; null when nothing is, or when two contents share it and it names neither. */
export const contentOf = (
  conversation: Pick<Conversation, "audience">,
  path: readonly Message[],
  handle: string,
): Content | null => {
  const [found, another] = keptIn(conversation, path).filter(([kept]) => kept === handle);
  return found === undefined || another !== undefined ? null : found[1];
};
