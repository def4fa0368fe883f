import { bareLines } from "./lines.ts";
import type { QuotedBlock } from "./quoted-block.ts";

/** A text between two lines of ours. Every line of it begins with `│ `, so that no words can make a line that ends it. */
export const barredText = (head: string, text: string, end: string): string =>
  [`┌ ${head}`, ...bareLines(text).map((line) => `│ ${line}`), `└ end of ${end}`].join("\n");

/** Words on one line, whatever they hold. */
export const onOneLine = (words: string): string => bareLines(words).join(" ");

/** Somebody else's words as a model sees them: a line that names kind and claimed origin, the words, an end line. */
export const quoteText = ({ kind, from, text }: QuotedBlock): string => {
  const origin = from === null ? "" : `, said to be from ${onOneLine(from)}`;
  return barredText(`${kind}${origin}: somebody else's words`, text, kind);
};
