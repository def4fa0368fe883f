import type { Message, MessagePart } from "@moltbot/contracts";
import type { HiddenCase } from "./corpus.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;

const resultOf = (
  messages: readonly Message[],
  tool: string,
): { readonly part: ResultPart; readonly message: Message } | null => {
  for (const message of messages)
    for (const part of message.parts) if (part.type === "result" && part.tool === tool) return { part, message };
  return null;
};

const raised = (signals: readonly { readonly kind: string }[] | undefined): boolean =>
  (signals ?? []).some(({ kind }) => kind === "hidden-text");

/** Signals are owed where something cannot be seen at all: a wide blank, a line break or a look-alike letter can. */
const owesSignal = ({ hidden }: HiddenCase): boolean =>
  hidden.some((code) =>
    /(?![\f\u0085])[\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(String.fromCodePoint(code)),
  );

/** The ways in by which a case came without a signal. */
export const silentSurfaces = (
  one: HiddenCase,
  messages: readonly Message[],
): readonly { id: string; surface: string }[] => {
  if (!owesSignal(one)) return [];
  const quote = messages.flatMap(({ parts }) => parts).find(({ type }) => type === "quote");
  const heard: readonly (readonly [string, boolean])[] = [
    ["tool output", raised(resultOf(messages, "mail.read")?.part.signals)],
    ["file", raised(resultOf(messages, "file.read")?.part.signals)],
    ["block", quote?.type === "quote" && raised(quote.signals)],
  ];
  return heard.flatMap(([surface, was]) => (was ? [] : [{ id: one.id, surface }]));
};

/** What flow control goes by, of every way in, whatever was appended together; the ids of the sources differ from run to run. */
export const labelsOf = (messages: readonly Message[]): string =>
  [
    ...new Set(
      messages.map(({ role, label: of, parts }) =>
        JSON.stringify([
          role,
          of.integrity,
          of.readers,
          of.sources.map(({ kind }) => kind),
          parts.flatMap((part) => (part.type === "quote" ? [part.label.integrity, part.label.readers] : [])),
        ]),
      ),
    ),
  ]
    .toSorted()
    .join("\n");
