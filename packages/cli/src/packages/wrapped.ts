import { printableLine, widthOf } from "../output.ts";

const USUAL = 100;
const NARROWEST = 40;

/** How many signs a line of this terminal takes; elsewhere lines stay whole. */
export const lineWidth = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): number => {
  if (isTTY !== true) return Infinity;
  return columns === undefined || columns === 0 ? USUAL : Math.min(Math.max(columns, NARROWEST), USUAL);
};

/**
 * A text on one line, or on several where it is longer. Those after the first stand under its own beginning: somebody else's words
 * never reach the left edge, where the house's stand. `shown` is what stands before it, in its colours.
 */
export const wrapped = (
  before: string,
  text: string,
  shown: string = before,
  width: number = lineWidth(process.stdout),
): readonly string[] => {
  const indent = " ".repeat(widthOf(before));
  const room = width - indent.length;
  const whole = printableLine(text);
  const lines: string[] = [];
  for (const word of widthOf(whole) <= room ? [whole] : whole.split(/ +/)) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 1 + widthOf(word) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, at) => `${at === 0 ? shown : indent}${line}`);
};

/** `1 grant`, `2 grants`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${String(count)} ${count === 1 ? one : several}`;
