/** Everything that some reader takes for the end of a line, as a class of a regular expression. */
const ENDS = "\\n\\r\\v\\f\\u001c-\\u001e\\u0085\\u2028\\u2029";

/** The end of a line, as the source of a regular expression. */
export const LINE_END = `(?:\\r\\n|[${ENDS}])`;

/** The beginning of a line, as the source of a regular expression. */
export const LINE_START = `(?<![^${ENDS}])`;

/** Blanks within a line and what nobody sees, as the source of a regular expression. */
export const UNSEEN_BLANK = `(?:(?![${ENDS}])[\\s\\u2800\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}])*`;

const LINE = new RegExp(`[^${ENDS}]*(?:${LINE_END}|$)`, "g");

/** The lines of a text, each with its end. */
export const linesOf = (text: string): readonly string[] => (text.match(LINE) ?? []).filter((line) => line !== "");

/** The lines of a text without their ends. */
export const bareLines = (text: string): readonly string[] => text.split(new RegExp(LINE_END));

const ENDING = new RegExp(`${LINE_END}$`);
/** Nobody sees these; the braille blank looks like a space. */
const UNSEEN = /(?!\t)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const MARKUP = /<\/?(?:b|i|em|strong|font|span|p|div|br|td|tr|th)(?:\s[^<>]*)?\/?>/gi;

/** A line as a person sees it, without its end: nothing invisible, and wide or small characters as the plain ones they look like. */
export const visible = (line: string): string =>
  line.replace(ENDING, "").normalize("NFKC").replace(UNSEEN, "").replaceAll("\u2800", " ");

/** A line's words as a person sees them, without blanks, emphasis and markup around them. */
export const plain = (line: string): string =>
  visible(line)
    .replace(MARKUP, "")
    .trim()
    .replace(/^[*_]{1,3}(?=[^\s*_])/, "")
    .replace(/(?<=[^\s*_])[*_]{1,3}$/, "");
