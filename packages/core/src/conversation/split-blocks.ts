import type { QuotedBlock } from "./quoted-block.ts";
import { enclosedIn } from "./enclosed.ts";
import { LINE_FORMS } from "./forms.ts";
import { forwardedAt, originOf } from "./forwarded.ts";
import { LINE_END, linesOf, visible } from "./lines.ts";

/** A run of what a person sent: their own words, or somebody else's that they put in. */
export type Block = { readonly kind: "own"; readonly text: string } | QuotedBlock;

const FIRST_END = new RegExp(`^${LINE_END}`);
const LAST_END = new RegExp(`${LINE_END}$`);
const MOST_BLOCKS = 100;

const quotedOrOwn = (text: string): readonly Block[] =>
  linesOf(text).map((line): Block => {
    const shown = visible(line);
    const form = LINE_FORMS.find(({ mark }) => mark.test(shown));
    return form === undefined ? { kind: "own", text: line } : { kind: form.kind, from: null, text: line };
  });

/** Own words and quoted lines up to where a forwarded message begins, and behind that nothing else. */
const forwardedFrom = (text: string, at: number | null): readonly Block[] => {
  const rest = text.slice(at ?? text.length);
  return [...quotedOrOwn(text.slice(0, at ?? text.length)), { kind: "forwarded", from: originOf(rest), text: rest }];
};

const isBlank = ({ kind, text }: Block): boolean => kind === "own" && text.trim() === "";

const together = (a: Block, b: Block): Block => ({ ...a, text: a.text + b.text });

/** Neighbours of one kind become one; blank lines go with the quotation beside them. */
const joined = (blocks: readonly Block[]): readonly Block[] => {
  const done: Block[] = [];
  for (const block of blocks) {
    const last = done.at(-1);
    if (block.text === "") continue;
    if (last === undefined) done.push(block);
    else if (last.kind === block.kind || isBlank(block)) done.splice(-1, 1, together(last, block));
    else if (isBlank(last)) done.splice(-1, 1, { ...block, text: last.text + block.text });
    else done.push(block);
  }
  return done;
};

/** At most so many blocks: behind them, everything counts as quoted. */
const bounded = (blocks: readonly Block[]): readonly Block[] => {
  if (blocks.length <= MOST_BLOCKS) return blocks;
  const rest = blocks.slice(MOST_BLOCKS - 1).map(({ text }) => text);
  return [...blocks.slice(0, MOST_BLOCKS - 1), { kind: "quoted", from: null, text: rest.join("") }];
};

/** Between two blocks stands the end of a line: it belongs to neither. */
const withoutSeams = (blocks: readonly Block[]): readonly Block[] =>
  blocks.map((block, at) => {
    const head = at === 0 ? block.text : block.text.replace(FIRST_END, "");
    return { ...block, text: at === blocks.length - 1 ? head : head.replace(LAST_END, "") };
  });

const finished = (blocks: readonly Block[]): readonly Block[] => withoutSeams(bounded(joined(blocks)));

/**
 * Splits what a person sent into their own words and what `forms.ts` tells for somebody else's: quoted lines, everything
 * behind the head of a forwarded or answered message, pasted text between marks. In order, and no character but line ends
 * between blocks is lost.
 */
export const splitBlocks = (text: string): readonly Block[] => {
  const enclosed = enclosedIn(text);
  const before = text.slice(0, enclosed?.start);
  const at = forwardedAt(before);
  if (enclosed === null || at !== null) return finished(forwardedFrom(text, at));
  const behind = text.slice(enclosed.end);
  return finished([
    ...quotedOrOwn(before),
    { kind: "pasted", from: null, text: text.slice(enclosed.start, enclosed.end) },
    ...forwardedFrom(behind, forwardedAt(behind)),
  ]);
};

/**
 * A person's own words in what they sent, without anything quoted, forwarded or pasted. A blank line stands where something
 * was left out, so that two sentences do not grow together.
 */
export const ownWords = (text: string): string =>
  splitBlocks(text)
    .flatMap((block) => (block.kind === "own" ? [block.text] : []))
    .join("\n\n");
