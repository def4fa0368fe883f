import { ENCLOSURES } from "./forms.ts";
import { LINE_START, UNSEEN_BLANK } from "./lines.ts";

interface Stretch {
  readonly start: number;
  readonly end: number;
}

const AT_LINE_START = new RegExp(`${LINE_START}${UNSEEN_BLANK}$`, "u");
/** How far back of a mark its line's beginning is looked for. */
const NEAR = 50;

const marksOf = (text: string, mark: RegExp): readonly Stretch[] =>
  [...text.matchAll(mark)].map((found) => ({ start: found.index, end: found.index + found[0].length }));

type Enclosure = (typeof ENCLOSURES)[number];

/** Never closed and in the middle of a line, a tag is only spoken of. */
const isSpokenOf = (text: string, { open, close }: Enclosure): boolean =>
  close !== null &&
  marksOf(text, close).length === 0 &&
  !marksOf(text, open).some(({ start }) => AT_LINE_START.test(text.slice(Math.max(0, start - NEAR), start)));

/** The marks of one form, and whether they leave it open. */
const readEnclosure = (
  text: string,
  { open, close }: Enclosure,
): { readonly marks: readonly Stretch[]; readonly isOpen: boolean } => {
  const opening = marksOf(text, open);
  if (close === null) return { marks: opening, isOpen: opening.length % 2 === 1 };
  const closing = marksOf(text, close);
  return { marks: [...opening, ...closing], isOpen: opening.length !== closing.length };
};

/**
 * Where enclosed text begins and ends: from the first mark of any form to the last, since pasted text can hold marks of its
 * own and would otherwise step out of its block. What nobody closes runs to the end.
 */
export const enclosedIn = (text: string): Stretch | null => {
  const read = ENCLOSURES.map((form) => readEnclosure(text, form));
  const marks = read.flatMap((found) => found.marks);
  const meant = ENCLOSURES.filter((form, at) => read[at]?.marks.length !== 0 && !isSpokenOf(text, form));
  if (meant.length === 0) return null;
  const start = marks.reduce((least, mark) => Math.min(least, mark.start), text.length);
  const end = marks.reduce((most, mark) => Math.max(most, mark.end), 0);
  return { start, end: read.some(({ isOpen }) => isOpen) ? text.length : end };
};
