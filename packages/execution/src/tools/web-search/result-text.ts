import { visibleInLine } from "@moltbot/contracts";
import type { SearchResult } from "./search-service.ts";

const LONGEST_TITLE = 200;
const LONGEST_SNIPPET = 500;
const LONGEST_ADDRESS = 1_000;

/** One line of somebody else's words: no break with which it could pass for the next result, nothing unseen, and not long. */
const line = (words: string, longest: number): string => {
  const plain = words
    .slice(0, 4 * longest)
    .replace(/\s+/gu, " ")
    .trim();
  const letters = Array.from(visibleInLine(plain));
  return letters.length > longest ? `${letters.slice(0, longest).join("")}…` : letters.join("");
};

/** The address in the one spelling that shows a look-alike or hidden letter for what it is; null for what is no web address. */
const addressOf = (url: string): string | null => {
  const parsed = url.length > LONGEST_ADDRESS ? null : URL.parse(url);
  if (parsed === null || !/^https?:$/.test(parsed.protocol) || parsed.username !== "" || parsed.password !== "")
    return null;
  return parsed.href.length > LONGEST_ADDRESS ? null : parsed.href;
};

/** Results as a model reads them, at most `count`; one without a web address is none. `asLine` is a part so that a test can take it out. */
export const resultText = (
  results: readonly SearchResult[],
  count: number,
  asLine: (words: string, longest: number) => string = line,
): { readonly text: string; readonly shown: number } => {
  const shown = results.flatMap(({ title, url, snippet }) => {
    const address = addressOf(url);
    return address === null
      ? []
      : [{ address, title: asLine(title, LONGEST_TITLE), snippet: asLine(snippet, LONGEST_SNIPPET) }];
  });
  const entries = shown.slice(0, count).map(({ address, title, snippet }, at) => {
    const lines = [`${String(at + 1)}. ${title === "" ? "(no title)" : title}`, `   ${address}`];
    return [...lines, ...(snippet === "" ? [] : [`   ${snippet}`])].join("\n");
  });
  return { text: entries.length === 0 ? "Nothing was found." : entries.join("\n\n"), shown: entries.length };
};
