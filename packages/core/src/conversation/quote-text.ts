import { bareLines } from "./lines.ts";
import type { QuotedBlock } from "./quoted-block.ts";

/**
 * Somebody else's words as a model sees them: a line that names kind and claimed origin, the words, an end line. Every line
 * of the words begins with `│ `, so that no words can make a line that ends the quotation.
 */
export const quoteText = ({ kind, from, text }: QuotedBlock): string => {
  const origin = from === null ? "" : `, said to be from ${bareLines(from).join(" ")}`;
  return [
    `┌ ${kind}${origin}: somebody else's words`,
    ...bareLines(text).map((line) => `│ ${line}`),
    `└ end of ${kind}`,
  ].join("\n");
};
