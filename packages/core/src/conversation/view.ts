import { NEUTRAL_LABEL, joinAll, label, readableBy } from "@moltbot/contracts";
import type { Conversation, Label, Message, MessagePart, ModelMessage, PrincipalId } from "@moltbot/contracts";
import { quoteText } from "./quote-text.ts";
import { ownWords } from "./split-blocks.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;
type CallPart = Extract<MessagePart, { type: "call" }>;

/** What one model call sees, and the label of all of it together. */
export interface View {
  readonly messages: readonly ModelMessage[];
  readonly label: Label;
}

/** A message with what the whole audience may know of it; null when that is nothing. */
const knownTo = (audience: readonly PrincipalId[], message: Message): Message | null => {
  if (!readableBy(message.label.readers, audience)) return null;
  const parts = message.parts.filter((part) => part.type !== "quote" || readableBy(part.label.readers, audience));
  if (parts.length === message.parts.length) return message;
  return parts.length === 0 ? null : { ...message, parts };
};

const wordsOf = (part: MessagePart): readonly string[] => {
  switch (part.type) {
    case "text":
    case "reminder":
      return [part.text];
    case "quote":
      return [quoteText(part)];
    case "call":
    case "result":
      return [];
  }
};

const textOf = (message: Message): string => message.parts.flatMap(wordsOf).join("\n");

/** What a message brings into a view: its own label and those of the words it quotes. */
const labelsOf = (message: Message): readonly Label[] => [
  message.label,
  ...message.parts.flatMap((part) => (part.type === "quote" ? [part.label] : [])),
];

const callsOf = (message: Message): readonly CallPart[] =>
  message.parts.filter((part): part is CallPart => part.type === "call");

const resultsOf = (messages: readonly Message[]): ReadonlyMap<string, ResultPart> =>
  new Map(
    messages.flatMap((message) =>
      message.parts.flatMap((part): [string, ResultPart][] => (part.type === "result" ? [[part.callId, part]] : [])),
    ),
  );

/** The assistant's words, then its calls with their results directly behind: the order that model servers require. */
const assistantMessages = (message: Message, results: ReadonlyMap<string, ResultPart>): readonly ModelMessage[] => {
  const answered = callsOf(message).flatMap((call) => {
    const result = results.get(call.callId);
    return result === undefined ? [] : [{ call, result }];
  });
  const text = textOf(message);
  if (text === "" && answered.length === 0) return [];
  return [
    {
      role: "assistant",
      text,
      calls: answered.map(({ call }) => ({
        id: call.callId,
        tool: call.tool,
        arguments: JSON.stringify(call.arguments),
      })),
    },
    ...answered.map(({ call, result }): ModelMessage => ({
      role: "tool",
      callId: call.callId,
      tool: call.tool,
      status: result.status,
      text: result.text,
    })),
  ];
};

/**
 * The view of a model call over a path of the tree. What not every member of the audience may know is left out before
 * anything enters; the label is the join of what did enter and of what `began` the turn, and its readers are at most the
 * audience.
 */
export const viewOf = (conversation: Conversation, path: readonly Message[], began: Label = NEUTRAL_LABEL): View => {
  const known = path.flatMap((message) => knownTo(conversation.audience, message) ?? []);
  const results = resultsOf(known);
  const messages = known.flatMap((message): readonly ModelMessage[] => {
    switch (message.role) {
      case "user":
        return [{ role: "user", text: textOf(message) }];
      case "assistant":
        return assistantMessages(message, results);
      case "tool":
      case "notice":
        return [];
    }
  });
  const everyone = label("authority", conversation.audience);
  // Notices and reminders stay outside, and so do their labels.
  const seen = known.filter(({ role }) => role !== "notice");
  return { messages, label: joinAll([everyone, began, ...seen.flatMap(labelsOf)]) };
};

/** The calls of a turn that have no result yet, in the order the model asked, with the label they were asked under. */
export const openCalls = (
  path: readonly Message[],
  turnId: string,
): readonly { readonly part: CallPart; readonly label: Label }[] => {
  const results = resultsOf(path);
  return path
    .filter((message) => message.turnId === turnId && message.role === "assistant")
    .flatMap((message) => callsOf(message).map((part) => ({ part, label: message.label })))
    .filter(({ part }) => !results.has(part.callId));
};

/** What the authority typed in a turn, in their own words: the texts that *stated* may look at. */
export const statedIn = (path: readonly Message[], turnId: string, authority: PrincipalId): readonly string[] =>
  path
    .filter(
      (message) =>
        message.turnId === turnId &&
        message.role === "user" &&
        message.author === authority &&
        message.label.integrity === "authority",
    )
    .flatMap(({ parts }) => parts.flatMap((part) => (part.type === "text" ? [ownWords(part.text)] : [])))
    .filter((text) => text !== "");
