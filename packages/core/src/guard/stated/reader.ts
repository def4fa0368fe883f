import { once, oncePerText } from "../once.ts";
import { materialOf } from "./material.ts";
import type { Material } from "./material.ts";
import { ownWords } from "./own-words.ts";
import { sentencesOf } from "./sentence.ts";
import type { Sentence } from "./sentence.ts";
import { hasMarks } from "./token.ts";
import type { Place } from "./token.ts";

/** What of a message is the authority's own, and the sentence around each place in it. */
export interface OwnText {
  readonly text: string;
  /** Where somebody else's text may begin in it all the same. */
  readonly material: () => Material;
  /** Whether it may hold a quotation. */
  readonly marked: () => boolean;
  readonly sentenceOf: (place: Place) => Sentence;
}

/** Reads a message; the same one is read once. */
export type Reader = (message: string) => OwnText;

const read: Reader = (message) => {
  const text = ownWords(message);
  return {
    text,
    material: once(() => materialOf(text)),
    marked: once(() => hasMarks(text)),
    sentenceOf: sentencesOf(text),
  };
};

/** A reader for the arguments of one decision: they are looked for in the same messages. */
export const createReader = (): Reader => oncePerText(read);
