import type { SearchHit } from "@moltbot/contracts";
import { foldedWords } from "./memory-words.ts";
import { isWanted } from "./search-query.ts";
import type { SearchQuery } from "./search-query.ts";
import { visiblePiece } from "./visible-line.ts";

type Snippet = Pick<SearchHit, "snippet" | "matches">;
interface Place {
  readonly from: number;
  readonly to: number;
}

const BEFORE = 40;
const LENGTH = 160;
/** What a word of a text is made from; signs such as ㎏ are words once they are folded. */
const PIECE = /[\p{L}\p{N}\p{M}\p{So}]+/gu;
const LOW_SURROGATE = /[\uDC00-\uDFFF]/;

/** The nearest place at or before `at` that lies between two characters. */
const between = (text: string, at: number): number => (LOW_SURROGATE.test(text.charAt(at)) ? at - 1 : at);

/** The places of wanted words in the order of the text, as far as `most` reaches behind the first. */
const placesIn = (text: string, query: SearchQuery, most: number): readonly Place[] => {
  const places: Place[] = [];
  for (const match of text.matchAll(PIECE)) {
    const from = match.index;
    const [first] = places;
    if (first !== undefined && from > first.from + most) break;
    if (foldedWords(match[0]).some((word) => isWanted(query, word))) places.push({ from, to: from + match[0].length });
  }
  return places;
};

/** Where the words around a place begin: at a word, if one begins near enough. */
const beginning = (text: string, from: number): number => {
  if (from <= BEFORE) return 0;
  const start = between(text, from - BEFORE);
  const blank = text.slice(start, from).search(/\s\S/u);
  return blank < 0 ? start : start + blank + 1;
};

/** A few words around the first place where a wanted word stands, on one line in which everything can be seen. */
export const snippetOf = (texts: readonly string[], query: SearchQuery): Snippet => {
  for (const text of texts) {
    const places = placesIn(text, query, LENGTH);
    const [first] = places;
    if (first === undefined) continue;
    const start = beginning(text, first.from);
    const end = between(text, Math.min(text.length, start + LENGTH));
    let line = start > 0 ? "…" : "";
    let reached = start;
    const matches: [number, number][] = [];
    for (const { from, to } of places) {
      if (from >= end) break;
      line += visiblePiece(text.slice(reached, from));
      const at = line.length;
      reached = Math.min(to, end);
      line += visiblePiece(text.slice(from, reached));
      matches.push([at, line.length]);
    }
    line += visiblePiece(text.slice(reached, end));
    return { snippet: end < text.length ? `${line}…` : line, matches };
  }
  const text = texts.find((each) => each.trim() !== "") ?? "";
  const end = between(text, Math.min(text.length, LENGTH));
  return { snippet: `${visiblePiece(text.slice(0, end))}${end < text.length ? "…" : ""}`, matches: [] };
};
