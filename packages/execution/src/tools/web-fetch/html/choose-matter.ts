import { joinBlocks } from "./text-writer.ts";
import type { Block } from "./text-writer.ts";

const ENOUGH = 250;

const lengthOf = (blocks: readonly Block[]): number => blocks.reduce((length, { text }) => length + text.length, 0);

/**
 * What a page is about: what it marks as its main part, where that says enough; otherwise all but menus, heads and feet, where
 * that is not next to nothing; otherwise everything.
 */
export const chooseMatter = (blocks: readonly Block[]): { readonly text: string; readonly dropped: boolean } => {
  const whole = lengthOf(blocks);
  const says = (chosen: readonly Block[]): boolean => {
    const length = lengthOf(chosen);
    return length >= ENOUGH || length * 2 >= whole;
  };
  const main = blocks.filter(({ part }) => part === "main");
  const inside = blocks.filter(({ part }) => part !== "around");
  const chosen = main.length > 0 && says(main) ? main : inside.length > 0 && says(inside) ? inside : blocks;
  return { text: joinBlocks(chosen), dropped: chosen.length < blocks.length };
};
