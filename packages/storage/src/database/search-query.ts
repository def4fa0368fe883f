import { foldedWords } from "./memory-words.ts";

/** What a query asks for; all of it must be in one message. */
export interface SearchQuery {
  /** Whole words, those of phrases among them; each once. */
  readonly words: readonly string[];
  /** How words begin. */
  readonly prefixes: readonly string[];
  /** Two or more words that stand together in one text. */
  readonly phrases: readonly (readonly string[])[];
}

const PHRASE = /["“]([^"“”]*)["”]/gu;
/** A star right behind what belongs to a word; anywhere else it is no word and nothing. */
const BEGINNING = /[\p{L}\p{N}\p{M}]\*$/u;

/** Reads a query. No character of it is syntax but quotation marks around a phrase and a star that closes a word. */
export const parseQuery = (text: string): SearchQuery => {
  const words = new Set<string>();
  const prefixes = new Set<string>();
  const phrases: (readonly string[])[] = [];
  for (const [, inside = ""] of text.matchAll(PHRASE)) {
    const phrase = foldedWords(inside);
    for (const word of phrase) words.add(word);
    if (phrase.length > 1) phrases.push(phrase);
  }
  for (const token of text.replaceAll(PHRASE, " ").split(/\s+/u)) {
    const folded = [...foldedWords(token)];
    const prefix = BEGINNING.test(token) ? folded.pop() : undefined;
    if (prefix !== undefined) prefixes.add(prefix);
    for (const word of folded) words.add(word);
  }
  return { words: [...words], prefixes: [...prefixes], phrases };
};

/** How many words of a phrase fit again behind each of its words that do not fit any more (Knuth, Morris and Pratt). */
const fallbacks = (phrase: readonly string[]): readonly number[] => {
  const back = [0];
  for (let at = 1, fit = 0; at < phrase.length; at += 1) {
    while (fit > 0 && phrase[at] !== phrase[fit]) fit = back[fit - 1] ?? 0;
    if (phrase[at] === phrase[fit]) fit += 1;
    back.push(fit);
  }
  return back;
};

/** Looks at each word once: a phrase that nearly fits everywhere takes no longer than another. */
const holdsTogether = (words: readonly string[], phrase: readonly string[]): boolean => {
  const back = fallbacks(phrase);
  let fit = 0;
  for (const word of words) {
    while (fit > 0 && word !== phrase[fit]) fit = back[fit - 1] ?? 0;
    if (word === phrase[fit]) fit += 1;
    if (fit === phrase.length) return true;
  }
  return phrase.length === 0;
};

/** Whether texts have all that the query asks for. The search finds exactly what this says, whatever an index holds. */
export const isAnswer = (query: SearchQuery, texts: readonly string[]): boolean => {
  const folded = texts.map(foldedWords);
  const all = new Set(folded.flat());
  return (
    query.words.every((word) => all.has(word)) &&
    query.prefixes.every((prefix) => [...all].some((word) => word.startsWith(prefix))) &&
    query.phrases.every((phrase) => folded.some((words) => holdsTogether(words, phrase)))
  );
};

/** Whether a word of a text is one that the query asks for. */
export const isWanted = (query: SearchQuery, word: string): boolean =>
  query.words.includes(word) || query.prefixes.some((prefix) => word.startsWith(prefix));
