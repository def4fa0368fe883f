import { NEUTRAL_LABEL } from "@moltbot/contracts";
import type { Message, MessagePart } from "@moltbot/contracts";
import { handleOf, wordsKept } from "./handles.ts";
import { isTrusted } from "./known.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;

/** What may be said of a tool: its name where the house knows it, since a model may write anything for a name. */
export type ToolWord = (tool: string) => string;

/** Of a size no more than its order: an exact number would be a channel for whoever chooses it. */
const sizeOf = (text: string): string => {
  const order = [100, 1_000, 10_000, 100_000].find((most) => text.length < most);
  return order === undefined ? "over 100,000 characters" : `under ${order.toLocaleString("en-GB")} characters`;
};

const text = (words: string): MessagePart => ({ type: "text", text: words });
const wordsLine = (what: string, message: Message): string =>
  `⟦kept aside: ${what}, ${sizeOf(wordsKept(message)?.text ?? "")}, ${message.createdAt.slice(0, 10)}, ${handleOf(message.id)}⟧`;
const resultLine = (toolWord: ToolWord, part: ResultPart): string =>
  `⟦kept aside: result of ${toolWord(part.tool)}, ${sizeOf(part.text)} from outside, ${handleOf(part.callId)}⟧`;
const callLine = (toolWord: ToolWord, tool: string, result: ResultPart): string =>
  `⟦kept aside: a call of ${toolWord(tool)} that holds something from outside: ${result.status}; its result, ${sizeOf(result.text)}, ${handleOf(result.callId)}⟧`;

/** Somebody else's words in an authority's message make one line, where the first of them stood. */
const withoutQuotes = (message: Message): readonly MessagePart[] => {
  const isKept = (part: MessagePart): boolean => part.type === "quote" && !isTrusted(part.label);
  const first = message.parts.findIndex(isKept);
  return message.parts.flatMap((part, at) => {
    if (!isKept(part)) return [part];
    return at === first ? [text(wordsLine("somebody else's words", message))] : [];
  });
};

const withoutResults = (toolWord: ToolWord, { parts }: Message): readonly MessagePart[] =>
  parts.flatMap((part): readonly MessagePart[] =>
    part.type === "result"
      ? [
          {
            type: "result",
            callId: part.callId,
            tool: toolWord(part.tool),
            status: part.status,
            text: resultLine(toolWord, part),
            summary: "",
            code: null,
          },
        ]
      : [],
  );

const withoutAnything = (
  toolWord: ToolWord,
  message: Message,
  results: ReadonlyMap<string, ResultPart>,
): readonly MessagePart[] => {
  const what = message.role === "user" ? "a message from somebody else" : "an earlier answer that drew on such text";
  const words = wordsKept(message) === null ? [] : [text(wordsLine(what, message))];
  const calls = message.parts.flatMap((part): readonly MessagePart[] => {
    const result = part.type === "call" ? results.get(part.callId) : undefined;
    return part.type === "call" && result !== undefined ? [text(callLine(toolWord, part.tool, result))] : [];
  });
  return [...words, ...calls];
};

/**
 * A message as a view of trusted values holds it: whatever is not the authority's stands in it as one line of ours with a
 * handle. Nothing in such a line is written by a stranger: a tool's name the house knows, an order of size, a day, a status.
 */
export const setAside = (
  toolWord: ToolWord,
  message: Message,
  results: ReadonlyMap<string, ResultPart>,
): { readonly message: Message; readonly aside: boolean } => {
  if (isTrusted(message.label)) {
    const parts = withoutQuotes(message);
    const aside = parts.some((part, at) => part !== message.parts[at]) || parts.length !== message.parts.length;
    return aside ? { message: { ...message, parts }, aside } : { message, aside };
  }
  const parts =
    message.role === "tool" ? withoutResults(toolWord, message) : withoutAnything(toolWord, message, results);
  return { message: { ...message, parts, label: NEUTRAL_LABEL }, aside: parts.length > 0 };
};
