/**
 * What a person cannot see, or what moves or hides other text, as the source of a regular expression (flags `u` or `v`): control
 * and format characters, bidi overrides, tags, variation selectors and other ignorable characters, line and paragraph separators,
 * lone surrogates, private and unassigned code points, the empty cell of Braille and the empty note head.
 */
export const UNSEEN =
  "[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Cn}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\u{2800}\\u{1D159}]";

/**
 * A blank that is no plain space and passes for one or several: no-break, wide, narrow. Ordinary in French or Japanese prose; in
 * a value it makes two different texts look the same, and a row of them is a code. A source like `UNSEEN`.
 */
export const PASSES_FOR_SPACE = "(?! )\\p{Zs}";

/** What stands in prose for a blank that passes for a space: seen, and quiet. */
export const BLANK_MARK = "⍽";

const KEPT = "(?![\\n\\t])";
const ANY_UNSEEN = new RegExp(UNSEEN, "u");
const IN_PROSE = new RegExp(`${KEPT}${UNSEEN}`, "gu");
const BLANKS = new RegExp(PASSES_FOR_SPACE, "gu");
const IN_TEXT = new RegExp(`${KEPT}(?:${UNSEEN}|${PASSES_FOR_SPACE})`, "gu");
const IN_LINE = new RegExp(`${UNSEEN}|${PASSES_FOR_SPACE}`, "gu");
/** Texts of these characters alone hold nothing to write out; told without looking at properties, since nearly all texts are such. */
const PLAIN = /^[\n\t -~\u00A1-\u00AC\u00AE-\u017F]*$/;
const PLAIN_LINE = /^[ -~\u00A1-\u00AC\u00AE-\u017F]*$/;

/** How one character is written out. */
type WriteOut = (character: string) => string;

/** The number of a character, such as U+202E. */
export const codePointName: WriteOut = (character) =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

const bracketed: WriteOut = (character) => `⟨${codePointName(character)}⟩`;

/** Whether the text holds a character that a person would not see, a line break or a tab too. */
export const hasUnseen = (text: string): boolean => !PLAIN_LINE.test(text) && ANY_UNSEEN.test(text);

/** Exact text for people: what is unseen or passes for a space is written out, as in ⟨U+202E⟩; line breaks and tabs stay. */
export const visibleText = (text: string, write: WriteOut = bracketed): string =>
  PLAIN.test(text) ? text : text.replace(IN_TEXT, write);

/** Exact text for one line: as `visibleText`, and line breaks and tabs are written out too. */
export const visibleInLine = (text: string, write: WriteOut = bracketed): string =>
  PLAIN_LINE.test(text) ? text : text.replace(IN_LINE, write);

/** Running prose for people: as `visibleText`, but what passes for a space is marked quietly. */
export const visibleProse = (text: string, write: WriteOut = bracketed): string =>
  PLAIN.test(text) ? text : text.replace(IN_PROSE, write).replace(BLANKS, BLANK_MARK);
