/** A value's place in a text. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

const OPENING = "([{<\"'“‘«„";
const CLOSING = ")]}>\"'”’»“.,;:!?";
const BLANK = " \t\n";

const isBlankAt = (text: string, at: number): boolean => at < 0 || at >= text.length || BLANK.includes(text.charAt(at));

/** What lies outside the value up to the nearest blank must be punctuation alone, else the value is part of a longer word. */
const standsAlone = (text: string, { start, end }: Place): boolean => {
  let left = start;
  while (left > 0 && OPENING.includes(text.charAt(left - 1))) left -= 1;
  let right = end;
  while (right < text.length && CLOSING.includes(text.charAt(right))) right += 1;
  return isBlankAt(text, left - 1) && isBlankAt(text, right);
};

/** A value that stands oftener in one message is not looked at more closely. */
export const MOST_PLACES = 8;
const MOST_HITS = 200;

/** Everywhere the words stand as a whole, up to one place more than are looked at; countless pieces count as so many places. */
export const placesOf = (text: string, words: string): readonly Place[] => {
  const places: Place[] = [];
  let hits = 0;
  for (let start = text.indexOf(words); start !== -1; start = text.indexOf(words, start + 1)) {
    hits += 1;
    const place = { start, end: start + words.length };
    if (hits > MOST_HITS) return Array.from({ length: MOST_PLACES + 1 }, () => place);
    if (places.length > MOST_PLACES) break;
    if (standsAlone(text, place)) places.push(place);
  }
  return places;
};

const AROUND = "([{<\"'“‘«„*_)]}>”’»“.,;:!?¿¡";

/** A word without the punctuation around it: a walk, since a pattern would take forever on a long row of dots. */
export const bare = (word: string): string => {
  let [start, end] = [0, word.length];
  while (start < end && AROUND.includes(word.charAt(start))) start += 1;
  while (end > start && AROUND.includes(word.charAt(end - 1))) end -= 1;
  return word.slice(start, end);
};

/** A word as the lists know it: lower-case, with straight apostrophes. */
export const bareWord = (word: string): string => bare(word).toLowerCase().replaceAll("’", "'");

/** The words of a text, lower-case and without the punctuation around them. */
export const bareWords = (text: string): readonly string[] =>
  text
    .split(/\s+/u)
    .map(bareWord)
    .filter((word) => word !== "");

/** Marks of a quotation, of code and of emphasis; a single one only where it opens. */
const MARK = /["“”«»„‹›「」『』〈〉《》`]|(?:^|[\s(])(?:['‘‚’]|[*_~]+\S)/u;
const DOUBLE = /["“”«»„‹›「」『』〈〉《》`]/gu;
const OPENED = /["“”«»„'‘‚]$/u;
const CLOSED = /^["“”«»'’‘]/u;

/** Whether anything in the text is marked off at all. */
export const hasMarks = (text: string): boolean => MARK.test(text);

/**
 * Whether the place may lie inside a longer quotation: somebody else's words, repeated. A mark anywhere before it in the
 * message is enough, for who nests or forgets marks is not to be guessed. A value that stands in marks by itself is only
 * marked off.
 */
export const isInQuotation = (text: string, { start, end }: Place): boolean => {
  const marked = OPENED.test(text.slice(Math.max(0, start - 1), start)) && CLOSED.test(text.slice(end, end + 1));
  const before = text.slice(0, marked ? start - 1 : start);
  const after = text.slice(marked ? end + 1 : end);
  return MARK.test(before) || (after.match(DOUBLE)?.length ?? 0) % 2 === 1;
};
