/** The name that stands before a separator. */
export interface Name {
  /** The one word next to the separator. */
  readonly word: string;
  /** That word with the words before it on the line, for names of several words. */
  readonly phrase: string;
  readonly quoted: boolean;
  readonly start: number;
  /** Nothing but blanks and marks of lists stands before it on its line. */
  readonly first: boolean;
  readonly indent: number;
}

const LONGEST = 80;
const IS_WORD = /[\p{L}\p{N}_.\-$]/u;
const BETWEEN = " \t?!*`\"'\\])";
const BREAKS = [". ", "; ", ", ", ": ", "! ", "? ", '"', "(", "|", "="];
const LISTS = /^[ \t]*(?:(?:[-*>+•]|export|set|SET|ENV|ARG|let|\$env:|\/\/|#)[ \t]*)*["'`*\\]{0,3}$/;

const lineStart = (text: string, at: number): number => {
  const from = Math.max(0, at - 400);
  const line = text.slice(from, at);
  const newline = Math.max(line.lastIndexOf("\n"), line.lastIndexOf("\\n") < 0 ? -1 : line.lastIndexOf("\\n") + 1);
  return newline < 0 ? from : from + newline + 1;
};

/** What is seldom asked is found only then. */
class NameAt implements Name {
  readonly word: string;
  readonly quoted: boolean;
  readonly start: number;
  readonly #text: string;
  #line: string | null = null;

  constructor(text: string, start: number, end: number, quoted: boolean) {
    this.#text = text;
    this.word = text.slice(start, end);
    this.start = start;
    this.quoted = quoted;
  }

  /** What stands before the name on its line. */
  get #head(): string {
    this.#line ??= this.#text.slice(lineStart(this.#text, this.start), this.start);
    return this.#line;
  }

  get phrase(): string {
    const before = this.#head.slice(-LONGEST);
    return `${before.slice(Math.max(...BREAKS.map((mark) => before.lastIndexOf(mark))) + 1)}${this.word}`.trim();
  }

  get first(): boolean {
    return this.#head.length < LONGEST && LISTS.test(this.#head);
  }

  get indent(): number {
    return /^[ \t]*(?:- )?/.exec(this.#head)?.[0].length ?? 0;
  }
}

/** Reads the name that ends before a separator; null where no name stands. Looks back no further than a name is long. */
export const nameBefore = (text: string, separator: number): Name | null => {
  let end = separator;
  let quoted = false;
  while (end > 0 && separator - end < 6 && BETWEEN.includes(text[end - 1] ?? "\n")) {
    end -= 1;
    quoted ||= text[end] === '"' || text[end] === "'";
  }
  let start = end;
  while (start > 0 && end - start < LONGEST && IS_WORD.test(text[start - 1] ?? "")) start -= 1;
  // The n of an escaped line break is no letter of the name.
  if (text[start - 1] === "\\" && /[nrt]/.test(text[start] ?? "")) start += 1;
  if (start >= end) return null;
  // The second half of a condition: `test ? "secret" : other`.
  if (quoted && /\?\s{0,3}["']$/.test(text.slice(Math.max(0, start - 6), start))) return null;
  return new NameAt(text, start, end, quoted);
};
