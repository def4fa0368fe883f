import { parseStyle, withoutComments } from "./inline-style.ts";
import type { Declarations } from "./inline-style.ts";

/** What a page's own style elements say of elements that a plain selector names: `p`, `.note`, `#note`, `p.note`, `p#note`. */
export interface StyleRules {
  of(name: string, id: string | undefined, classes: string | undefined): Declarations;
}

export const NO_RULES: StyleRules = Object.freeze({ of: () => [] });

const MOST_RULES = 20_000;
const DEEPEST = 3;
/** What can take text out of sight. A colour is not among them: it means nothing without the ground, which other rules paint. */
const LOOKED_AT =
  /^(display|visibility|content-visibility|opacity|font|font-size|(max-)?(width|height)|(inline|block)-size|overflow(-[xy])?|clip|clip-path|left|right|top|bottom|inset|text-indent|margin(-left|-top)?|transform|translate|scale|zoom|filter|background(-color|-image)?)$/;
const PLAIN = /^([a-z][a-z0-9-]*)?([.#][^\s.#:[\]>+~*()\\,"'=]+)?$/i;
/** Some pages keep themselves unseen as a whole until a script says otherwise. */
const NEVER = new Set(["", "html", "body"]);

interface Said {
  readonly value: string;
  /** Later and more important ones win. */
  readonly order: number;
}
type Book = Map<string, Map<string, Said>>;

interface Block {
  readonly prelude: string;
  readonly body: string;
}

/** Where a quoted text ends: at its quote, or at the end of its line, as in a browser. */
const endOfQuoted = (css: string, from: number): number => {
  const quote = css[from];
  for (let at = from + 1; at < css.length; at += 1) if (css[at] === quote || css[at] === "\n") return at;
  return css.length;
};

/** The blocks of a style sheet, outermost alone, in one pass; the last may lack its end. */
const blocksOf = (css: string): readonly Block[] => {
  const blocks: Block[] = [];
  let [start, opened, depth] = [0, 0, 0];
  const close = (end: number): void => {
    blocks.push({ prelude: css.slice(start, opened).trim(), body: css.slice(opened + 1, end) });
    start = end + 1;
  };
  for (let at = 0; at < css.length; at += 1) {
    const sign = css[at];
    if (sign === '"' || sign === "'") at = endOfQuoted(css, at);
    else if (sign === "{") {
      if (depth === 0) opened = at;
      depth += 1;
    } else if (sign === "}" && depth > 0) {
      depth -= 1;
      if (depth === 0) close(at);
    } else if (depth === 0 && (sign === ";" || sign === "}")) start = at + 1;
  }
  if (depth > 0) close(css.length);
  return blocks;
};

/** Rules inside these count on every screen; those of other media, sizes and animations do not. */
const isAlways = (prelude: string): boolean =>
  /^@(supports|layer)\b/i.test(prelude) || /^@media\s{1,9}((only\s{1,9})?screen|all)$/i.test(prelude);

const note = (book: Book, { prelude, body }: Block, order: number): void => {
  const declarations = parseStyle(body.split("{", 1)[0] ?? "").filter(([property]) => LOOKED_AT.test(property));
  if (declarations.length === 0) return;
  for (const selector of prelude.replace(/^(<!--|-->)\s*/, "").split(",")) {
    const written = PLAIN.exec(selector.trim());
    const [tag = "", part = ""] = written === null ? [] : [written[1]?.toLowerCase(), written[2]];
    if (NEVER.has(tag + part)) continue;
    const known = book.get(tag + part) ?? new Map<string, Said>();
    for (const [property, value, important] of declarations) {
      const said = { value, order: important ? order + MOST_RULES : order };
      if ((known.get(property)?.order ?? -1) <= said.order) known.set(property, said);
    }
    book.set(tag + part, known);
  }
};

const noteAll = (book: Book, css: string, depth: number, count: number): number =>
  blocksOf(css).reduce((order, block) => {
    if (order >= MOST_RULES) return order;
    if (block.prelude.startsWith("@"))
      return isAlways(block.prelude) && depth < DEEPEST ? noteAll(book, block.body, depth + 1, order) : order;
    note(book, block, order);
    return order + 1;
  }, count);

/** The texts of a page's style elements. */
const sheetsOf = (html: string): string => {
  const opens = /<style\b/gi;
  const closes = /<\/style/gi;
  const sheets: string[] = [];
  while (opens.test(html)) {
    const begin = html.indexOf(">", opens.lastIndex);
    if (begin < 0) break;
    closes.lastIndex = begin;
    const end = closes.exec(html)?.index ?? html.length;
    sheets.push(html.slice(begin + 1, end));
    opens.lastIndex = end;
  }
  return sheets.join("\n");
};

/** Reads what a page's own style elements say, wherever in the page they stand; style sheets of other addresses are not fetched. */
export const readRules = (html: string): StyleRules => {
  const book: Book = new Map();
  noteAll(book, withoutComments(sheetsOf(html)), 0, 0);
  if (book.size === 0) return NO_RULES;
  return {
    of: (name, id, classes) => {
      const names = [...new Set((classes ?? "").split(/\s+/))].filter((one) => one !== "").map((one) => `.${one}`);
      const marks = id === undefined ? names : [...names, `#${id}`];
      // From the least to the most specific.
      const keys = [name, ...marks, ...marks.map((mark) => name + mark)];
      const said = new Map<string, Said>();
      for (const key of keys)
        for (const [property, one] of book.get(key) ?? [])
          if ((said.get(property)?.order ?? -1) <= one.order) said.set(property, one);
      return [...said].map(([property, { value }]) => [property, value, false] as const);
    },
  };
};
