import { printableLine, widthOf } from "../output.ts";

const USUAL = 100;
const NARROWEST = 40;

/** How many signs a line of this terminal takes; elsewhere lines stay whole. */
export const lineWidth = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): number => {
  if (isTTY !== true) return Infinity;
  return columns === undefined || columns === 0 ? USUAL : Math.min(Math.max(columns, NARROWEST), USUAL);
};

interface Wrapping {
  /** What stands before the text, in its colours. */
  readonly shown?: string;
  /** How far the lines after the first are moved in; left out: as far as the text's own beginning. */
  readonly under?: number;
  readonly width?: number;
}

/**
 * A text behind some words of the house, on one line, or on several where it is longer. Those after the first are moved in: somebody
 * else's words never begin where a line of the house does.
 */
export const wrapped = (before: string, text: string, wish: Wrapping = {}): readonly string[] => {
  const { shown = before, under = widthOf(before), width = lineWidth(process.stdout) } = wish;
  const indent = " ".repeat(under);
  const room = width - Math.max(under, widthOf(before));
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
