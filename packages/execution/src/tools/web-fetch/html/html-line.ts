import { Parser } from "htmlparser2";

/** The words of a short piece of HTML, such as a title, without its tags. */
export const htmlLine = (html: string): string => {
  const words: string[] = [];
  const parser = new Parser({ ontext: (text) => void words.push(text) });
  parser.end(html.slice(0, 10_000));
  return words.join("");
};
