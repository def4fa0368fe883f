import { joinAll, label } from "@moltbot/contracts";
import type { Conversation, Label, Message, MessagePart, ModelMessage, PrincipalId, Readers } from "@moltbot/contracts";

type ResultPart = Extract<MessagePart, { type: "result" }>;
type CallPart = Extract<MessagePart, { type: "call" }>;

/** What one model call sees, and the label of all of it together. */
export interface View {
  readonly messages: readonly ModelMessage[];
  readonly label: Label;
}

const mayKnow = (readers: Readers, audience: readonly PrincipalId[]): boolean =>
  readers === "public" || audience.every((person) => readers.includes(person));

const textOf = (message: Message): string =>
  message.parts.flatMap((part) => (part.type === "text" || part.type === "reminder" ? [part.text] : [])).join("\n");

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
 * The view of a model call over a path of the tree. Messages that not every member of the audience may know are left out
 * before anything enters; the label is the join of what did enter, and its readers are at most the audience.
 */
export const viewOf = (conversation: Conversation, path: readonly Message[]): View => {
  const known = path.filter((message) => mayKnow(message.label.readers, conversation.audience));
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
  return { messages, label: joinAll([everyone, ...seen.map((message) => message.label)]) };
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

/** What the authority typed in a turn: the texts that *stated* may look at. */
export const statedIn = (path: readonly Message[], turnId: string, authority: PrincipalId): readonly string[] =>
  path
    .filter(
      (message) =>
        message.turnId === turnId &&
        message.role === "user" &&
        message.author === authority &&
        message.label.integrity === "authority",
    )
    .map(textOf);
