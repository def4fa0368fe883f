import type { Conversation, JsonValue, Label, Message, MessagePart } from "@moltbot/contracts";
import { knownIn, statedIn } from "../../conversation/index.ts";
import type { TurnRun } from "../ports.ts";

type ResultPart = Extract<MessagePart, { type: "result" }>;

/** A value that a reader let into a view, as text, with the label it keeps wherever it goes. */
export interface AnswerInView {
  readonly text: string;
  readonly label: Label;
}

/** The answers in view, and what the owner wrote in this turn themselves. */
export interface Answered {
  readonly answers: readonly AnswerInView[];
  readonly own: readonly string[];
}

/** Shorter answers stand in any text. */
const SHORTEST_INSIDE = 3;

const answersIn = (conversation: Pick<Conversation, "audience">, path: readonly Message[]): readonly AnswerInView[] =>
  knownIn(conversation, path)
    .flatMap(({ parts }) => parts)
    .filter((part): part is ResultPart => part.type === "result" && part.status === "ok")
    .flatMap(({ reader, text }) => (reader === undefined || reader.bits === 0 ? [] : [{ text, label: reader.label }]));

/** What readers let into the views of a path, and what the owner of the turn wrote there. */
export const answeredIn = ({ ports, turn }: TurnRun, path: readonly Message[]): Answered => ({
  answers: answersIn(ports.conversation, path),
  own: statedIn(path, turn.id, turn.authority),
});

const isWordCharacter = (letter: string | undefined): boolean => letter !== undefined && /[\p{L}\p{N}]/u.test(letter);

/** Whether a text holds another as a whole word, or is it. */
const holds = (text: string, word: string): boolean => {
  if (text.trim() === word) return true;
  if (word.length < SHORTEST_INSIDE) return false;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + word.length])) return true;
  return false;
};

/** The labels of the answers that a name of a field is or holds. */
export const labelsOfName = (answers: readonly AnswerInView[], name: string): readonly Label[] =>
  answers.filter(({ text }) => holds(name, text)).map(({ label }) => label);

/**
 * The labels of the answers that a value may have been made from. A model can write an answer in other words, so it is every
 * answer, unless the value stands as it is in what the owner wrote; and also then where it is an answer itself.
 */
export const labelsOfLeaf = ({ answers, own }: Answered, leaf: string | number | boolean | null): readonly Label[] => {
  const written = typeof leaf === "string" ? leaf.trim() : JSON.stringify(leaf);
  if (leaf === null || written === "") return [];
  const isOwn = written.length >= SHORTEST_INSIDE && own.some((text) => text.includes(written));
  return answers.filter(({ text }) => !isOwn || holds(written, text)).map(({ label }) => label);
};

/** The labels of the answers that stand anywhere inside a value, in the names of its fields too. */
export const labelsOfAnswers = (answered: Answered, value: JsonValue): readonly Label[] => {
  if (answered.answers.length === 0) return [];
  if (typeof value !== "object" || value === null) return labelsOfLeaf(answered, value);
  return Object.entries(value).flatMap(([name, item]: [string, JsonValue]) => [
    ...(Array.isArray(value) ? [] : labelsOfName(answered.answers, name)),
    ...labelsOfAnswers(answered, item),
  ]);
};
