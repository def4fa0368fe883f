import { bareWords } from "./token.ts";
import type { Place } from "./token.ts";

/** Shorter words before a dot are taken for abbreviations ("Dr.", "z.B."): what follows may still belong to what was denied. */
const LONG_WORD = /^[^\s.!?]{4}$/;
/** "Never." and "No!" speak of the sentence beside them. */
const FEW = 4;

/** Where nothing but blanks stands so far back, nothing announces what follows. */
const NEAR = 40;

const END = /(?<![.!?])[.!?]+["'”’»)]*(?=\s|$)/gu;

const endsSentence = (text: string, at: number): boolean =>
  text.charAt(at) !== "." || LONG_WORD.test(text.slice(Math.max(0, at - 4), at));

/** A blank line ends a sentence too, unless a colon or comma announces what follows. */
const isBreak = (text: string, at: number): boolean => !/[:,;–-]\s*$/u.test(text.slice(Math.max(0, at - NEAR), at));

const endsOf = (text: string): readonly number[] => {
  const marks = [...text.matchAll(END)]
    .filter(({ index }) => endsSentence(text, index))
    .map((m) => m.index + m[0].length);
  const gaps = [...text.matchAll(/\n[ \t]*\n/gu)].filter(({ index }) => isBreak(text, index)).map(({ index }) => index);
  return [...marks, ...gaps].toSorted((a, b) => a - b);
};

/** The sentence around a place, and what a doubt about it may stand in: short neighbours belong to it. */
export interface Sentence {
  /** Where it begins in the text. */
  readonly start: number;
  /** What stands in the sentence before the place. */
  readonly before: string;
  readonly after: string;
  readonly words: readonly string[];
}

const lastOf = (ends: readonly number[], upTo: number): number => ends.findLast((at) => at <= upTo) ?? 0;

/** The sentence in which a value stands, for each place in a text: where sentences end is found once. */
export const sentencesOf = (text: string): ((place: Place) => Sentence) => {
  const ends = endsOf(text);
  const nextOf = (from: number): number => ends.find((at) => at >= from) ?? text.length;
  return ({ start, end }) => {
    const [from, to] = [lastOf(ends, start), nextOf(end)];
    const [before, after] = [text.slice(from, start), text.slice(end, to)];
    const beside = [text.slice(lastOf(ends, from - 1), from), text.slice(to, nextOf(to + 1))];
    const short = beside.map(bareWords).filter((words) => words.length <= FEW);
    return { start: from, before, after, words: [before, after].flatMap(bareWords).concat(...short) };
  };
};
