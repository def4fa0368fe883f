import { HEAD_FORMS, SENDER_NAME, WRITER_NAMES, leadsTo, mayBreak } from "./forms.ts";
import { linesOf, plain } from "./lines.ts";

const LONGEST_ORIGIN = 200;
/** How far into a forwarded message its sender is looked for, and how much of a line is read for it. */
const HEADER_LINES = 12;
const HEADER_WIDTH = 600;
/** Over how many lines mail programs break “On …, somebody wrote:”. */
const BROKEN_OVER = 3;

/** From the line that was told as a head, back to where that head begins. */
const headStart = (lines: readonly string[], told: number): number => {
  let first = told;
  for (let above = told - 1; above >= Math.max(0, told - BROKEN_OVER); above -= 1) {
    if (lines[above] === "") break;
    if ((lines[told] ?? "").endsWith(":") && mayBreak(lines[above] ?? "")) first = above;
  }
  for (let above = first - 1; above >= 0; above -= 1) {
    if (leadsTo(lines[above] ?? "")) first = above;
    else if (lines[above] !== "") break;
  }
  return first;
};

/** Where a forwarded or answered message begins, head included; null when none does. */
export const forwardedAt = (text: string): number | null => {
  const lines = linesOf(text);
  const read = lines.map(plain);
  const told = read.findIndex((line, at) => HEAD_FORMS.some(({ begins }) => begins(line, read[at + 1] ?? "")));
  if (told === -1) return null;
  return lines.slice(0, headStart(read, told)).reduce((length, line) => length + line.length, 0);
};

/** Whom a forwarded message names as its sender; a claim. */
export const originOf = (text: string): string | null => {
  const lines = linesOf(text)
    .slice(0, HEADER_LINES)
    .map((line) => plain(line.slice(0, HEADER_WIDTH)));
  const both = `${lines[0] ?? ""} ${lines[1] ?? ""}`.trim();
  const named = lines.map((line) => SENDER_NAME.exec(line)?.[1]);
  const wrote = WRITER_NAMES.flatMap((name) => [both, ...lines].map((line) => name.exec(line)?.[1]));
  const found = [...named, ...wrote].find((name) => name !== undefined);
  const origin = (found ?? "").replace(/\s+/g, " ").trim().slice(0, LONGEST_ORIGIN).toWellFormed();
  return origin === "" ? null : origin;
};
