import { plainName } from "./assignments.ts";
import { nameSays } from "./key-names.ts";
import type { NameSays } from "./key-names.ts";
import type { Span } from "./span.ts";
import { isNoValue, looksRandom } from "./values.ts";

const MOST_COLUMNS = 100;
const SEPARATORS = [",", "\t", "|", ";"] as const;

interface Heading {
  readonly separator: string;
  readonly columns: number;
  readonly secret: readonly { readonly at: number; readonly name: string; readonly says: NameSays }[];
}

const cellsOf = (line: string, separator: string): readonly string[] => line.split(separator, MOST_COLUMNS);

const headingOf = (line: string): Heading | null => {
  if (line.length > 1000 || /[(){}=:]/.test(line)) return null;
  for (const separator of SEPARATORS) {
    const cells = cellsOf(line, separator);
    if (cells.length < 2 || cells.some((cell) => cell.length > 60)) continue;
    if (separator !== "|" && cells.some((cell) => cell.trim() === "")) continue;
    const secret = cells.flatMap((cell, at) => {
      const name = cell.replace(/["'*`]/g, "").trim();
      const says = name === "" || name.split(" ").length > 3 ? null : nameSays(name);
      return says === null ? [] : [{ at, name, says }];
    });
    if (secret.length > 0) return { separator, columns: cells.length, secret };
  }
  return null;
};

/** Values in the columns of a table whose heading means a secret: comma, tab, semicolon or bar between cells. */
export const tabledSecrets = (text: string): readonly Span[] => {
  const spans: Span[] = [];
  let heading: Heading | null = null;
  let start = 0;
  for (const line of text.split("\n")) {
    const cells = heading === null ? [] : cellsOf(line, heading.separator);
    if (heading !== null && cells.length === heading.columns) {
      for (const { at, name, says } of heading.secret) {
        const cell = cells[at] ?? "";
        const value = cell.trim().replace(/^["'`]|["'`]$/g, "");
        if (isNoValue(value) || (/\s/.test(value) && says !== "phrase") || (says === "maybe" && !looksRandom(value)))
          continue;
        const from = start + cells.slice(0, at).reduce((sum, { length }) => sum + length + 1, 0) + cell.indexOf(value);
        spans.push({ start: from, end: from + value.length, what: plainName(name) });
      }
    } else heading = headingOf(line);
    start += line.length + 1;
  }
  return spans;
};
