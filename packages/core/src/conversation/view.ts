import { NEUTRAL_LABEL, PLAN_TOOL, READER_TOOL, joinAll, label } from "@moltbot/contracts";
import type { Conversation, Label, Message, MessagePart, ModelMessage, PrincipalId } from "@moltbot/contracts";
import { isTrusted, knownIn, labelsOf } from "./known.ts";
import { planLine } from "./plan-line.ts";
import { quoteText } from "./quote-text.ts";
import { setAside } from "./set-aside.ts";
import { ownWords } from "./split-blocks.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;
type CallPart = Extract<MessagePart, { type: "call" }>;

/** What one model call sees, and the label of all of it together. */
export interface View {
  readonly messages: readonly ModelMessage[];
  readonly label: Label;
  /** How many messages stand in it, in whole or in part, as handles. */
  readonly aside: number;
}

/** Stands where something was removed with its source. */
const REMOVED = "⟦removed: what stood here came from a source that was taken out⟧";

const wordsOf = (part: MessagePart): readonly string[] => {
  switch (part.type) {
    case "text":
    case "reminder":
      return [part.text];
    case "quote":
      return [quoteText(part)];
    case "plan":
      return [planLine(part.plan)];
    case "call":
    case "result":
      return [];
  }
};

const textOf = (message: Message): string => message.parts.flatMap(wordsOf).join("\n");

const isRemoved = ({ state }: Message): boolean => state === "removed";
const emptied = (message: Message): Message => ({ ...message, parts: [{ type: "text", text: REMOVED }] });

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

/** The plan's line and the first calls of it are one message: model servers want an answer of one piece. */
const joined = (messages: readonly ModelMessage[]): readonly ModelMessage[] =>
  messages.reduce<ModelMessage[]>((before, message) => {
    const last = before.at(-1);
    if (message.role === "assistant" && last?.role === "assistant" && last.calls.length === 0) {
      const text = [last.text, message.text].filter((words) => words !== "").join("\n");
      before[before.length - 1] = { ...message, text };
    } else before.push(message);
    return before;
  }, []);

const viewOver = (conversation: Conversation, seen: readonly Message[], began: Label, aside: number): View => {
  const results = resultsOf(seen);
  const messages = seen.flatMap((message): readonly ModelMessage[] => {
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
  return { messages: joined(messages), label: joinAll([everyone, began, ...seen.flatMap(labelsOf)]), aside };
};

/** Notices and reminders stay outside, and so do their labels. */
const seenIn = (conversation: Conversation, path: readonly Message[]): readonly Message[] =>
  knownIn(conversation, path)
    .filter(({ role }) => role !== "notice")
    .map((message) => (isRemoved(message) ? emptied(message) : message));

/**
 * The view of a model call over a path of the tree. What not every member of the audience may know is left out before
 * anything enters; the label is the join of what did enter and of what `began` the turn, and its readers are at most the
 * audience.
 */
export const viewOf = (conversation: Conversation, path: readonly Message[], began: Label = NEUTRAL_LABEL): View =>
  viewOver(conversation, seenIn(conversation, path), began, 0);

/**
 * The same of trusted values only: what is not the authority's stands in it as one line of ours with a handle, and does not
 * touch its label. `tools` are the names the house knows; no other name of a tool enters.
 */
export const trustedViewOf = (
  conversation: Conversation,
  path: readonly Message[],
  tools: readonly string[],
  began: Label = NEUTRAL_LABEL,
): View => {
  const names: ReadonlySet<string> = new Set([...tools, PLAN_TOOL, READER_TOOL]);
  const seen = seenIn(conversation, path);
  const results = resultsOf(seen);
  const kept = seen.map((message) =>
    isRemoved(message)
      ? { message: { ...message, label: NEUTRAL_LABEL }, aside: false }
      : setAside((tool) => (names.has(tool) ? tool : "a tool"), message, results),
  );
  const aside = kept.filter((one) => one.aside).length;
  return viewOver(
    conversation,
    kept.map(({ message }) => message).filter(({ parts }) => parts.length > 0),
    began,
    aside,
  );
};

/** Whether something that is not the authority's came in by a turn itself, for all of the audience to know. */
export const broughtIn = (conversation: Conversation, path: readonly Message[], turnId: string): boolean =>
  seenIn(conversation, path).some(
    (message) => message.turnId === turnId && !isRemoved(message) && !labelsOf(message).every(isTrusted),
  );

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
        !isRemoved(message) &&
        message.author === authority &&
        message.label.integrity === "authority",
    )
    .flatMap(({ parts }) => parts.flatMap((part) => (part.type === "text" ? [ownWords(part.text)] : [])))
    .filter((text) => text !== "");
