import { splitBlocks } from "../../conversation/index.ts";
import type { Block } from "../../conversation/index.ts";

/** Longer texts are no instructions but material. */
const LONGEST = 10_000;
const MOST_LINES = 200;
const LINE_END = /[\n\r\v\f\u2028\u2029]/u;

/** Of a date alone nobody can tell whether a mail begins with it: what stands below endorses nothing. */
const DATED = /^\s*(?:date|datum)\s*:\s/imu;

const ENDS_BLANK = /[\n\r\v\f\u2028\u2029][ \t]*$/u;
const BEGINS_BLANK = /^[ \t]*(?:[\n\r\v\f\u2028\u2029]|$)/u;

/** Whether a block follows a quotation without a blank line: a badly wrapped quotation goes on there. */
const isWrapped = (block: Block, before: Block | undefined): boolean =>
  before !== undefined &&
  before.kind !== "own" &&
  block.kind === "own" &&
  !ENDS_BLANK.test(before.text.slice(-80)) &&
  !BEGINS_BLANK.test(block.text);

/**
 * What of a message endorses: the authority's own words as the message tree tells them, up to a line that may begin a mail or
 * go on with a quotation. A text as long as a document has none.
 */
export const ownWords = (text: string): string => {
  if (text.length > LONGEST || text.split(LINE_END, MOST_LINES + 1).length > MOST_LINES) return "";
  const blocks = splitBlocks(text);
  const wrapped = blocks.findIndex((block, at) => isWrapped(block, blocks[at - 1]));
  const own = blocks
    .slice(0, wrapped === -1 ? blocks.length : wrapped)
    .flatMap((block) => (block.kind === "own" ? [block.text] : []))
    .join("\n\n");
  const dated = own.search(DATED);
  return dated === -1 ? own : own.slice(0, dated);
};
