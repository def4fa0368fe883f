import { ERROR_TABLE } from "@moltbot/contracts/errors";
import type { MoltbotError } from "@moltbot/contracts/errors";
import { visibleProse, visibleText } from "@moltbot/contracts/visible";
import color from "picocolors";

/** How a command speaks: data on stdout, everything else on stderr; one JSON value with `--json`. */
export interface Output {
  readonly json: boolean;
  /** The command's answer: the value as JSON, or `text` for people. */
  data(value: unknown, text: () => string): void;
  say(line: string): void;
  /** Prints an error and gives its exit code. */
  fail(error: MoltbotError): number;
}

const escaped = (found: string): string => {
  const code = (found.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
};

/**
 * Prose for a terminal, in which everything can be seen: what could move the cursor, reorder or hide text is written out, and a
 * blank that passes for a space is marked.
 */
export const printable = (text: string): string => visibleProse(text, escaped);

/** A value of several lines, exactly: as `printable`, but blanks that pass for a space are written out too. */
export const printableValue = (text: string): string => visibleText(text, escaped);

/** The same on one line: a value must not forge the rows beside it. */
export const printableLine = (text: string): string =>
  printableValue(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");

export const createOutput = (json: boolean): Output => ({
  json,
  data: (value, text) => {
    process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text()}\n`);
  },
  say: (line) => {
    process.stderr.write(`${line}\n`);
  },
  fail: (error) => {
    if (json) process.stderr.write(`${JSON.stringify({ error })}\n`);
    else
      process.stderr.write(
        `${color.red(printableValue(error.message))}\n${printableValue(error.next)} ${color.dim(`[${error.code}]`)}\n`,
      );
    return ERROR_TABLE[error.code]?.exit ?? 1;
  },
});

/** How many signs of a terminal a text takes. */
export const widthOf = (text: string): number => Array.from(text).length;

/** A text with blanks after it, up to a width. */
export const padded = (text: string, width: number): string => text + " ".repeat(Math.max(0, width - widthOf(text)));

/** A text of at most so many signs; what is left out shows as an ellipsis. */
export const shortened = (text: string, most: number): string =>
  widthOf(text) <= most
    ? text
    : `${Array.from(text)
        .slice(0, most - 1)
        .join("")}…`;

/** Rows as aligned columns under dim headings; "nothing" in words when there are none. */
export const table = (headings: readonly string[], rows: readonly (readonly string[])[], nothing: string): string => {
  if (rows.length === 0) return color.dim(nothing);
  const shown = rows.map((row) => row.map(printableLine));
  const widths = headings.map((heading, at) =>
    Math.max(widthOf(heading), ...shown.map((row) => widthOf(row[at] ?? ""))),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === cells.length - 1 ? cell : padded(cell, widths[at] ?? 0))).join("  ");
  return [color.dim(line(headings)), ...shown.map(line)].join("\n");
};

/** A table with its last column, which reads as `ends` say, in colours: these go on last, so that the columns stay aligned. */
export const withColouredEnds = <T extends string>(
  text: string,
  ends: readonly T[],
  colour: (end: T) => string,
): string => {
  const [heading = "", ...rows] = text.split("\n");
  const coloured = rows.map((row, at) => {
    const end = ends[at];
    return end === undefined ? row : row.slice(0, row.length - end.length) + colour(end);
  });
  return [heading, ...coloured].join("\n");
};

/** Names and values, aligned. */
export const facts = (rows: readonly (readonly [string, string])[]): string => {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${color.dim(name.padEnd(width))}  ${printableLine(value)}`).join("\n");
};

const two = (part: number): string => String(part).padStart(2, "0");

/** An instant in this machine's own time, such as `2026-11-22 14:05`. Loading a locale would cost more than the answer. */
export const when = (instant: string): string => {
  const at = new Date(instant);
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
};

/** The same of an instant that may not have come. */
export const whenOrNever = (instant: string | null): string => (instant === null ? "never" : when(instant));
