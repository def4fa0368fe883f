import { assignedSecrets } from "./assignments.ts";
import { secretsBeside } from "./beside.ts";
import { echoesOf } from "./echoes.ts";
import { encodedSecrets } from "./encoded.ts";
import { shapedSecrets } from "./key-shapes.ts";
import { markedUpSecrets } from "./markup.ts";
import { plainLetters } from "./plain-letters.ts";
import { toldSecrets } from "./prose.ts";
import { isSecretFile, isSourceFile, valuesOfSecretFile } from "./secret-files.ts";
import { mergeSpans } from "./span.ts";
import type { Span } from "./span.ts";
import { tabledSecrets } from "./tables.ts";

export interface KeptBack {
  /** The text with a mark in the place of every secret. */
  readonly text: string;
  /** How many places were marked. */
  readonly count: number;
  /** The values that were recognised, with what each is; for the same call's other texts alone. */
  readonly values: ReadonlyMap<string, string>;
}

const MARK = /⟦secret kept back: [^⟦⟧\n]{1,120}⟧/g;

const nameIn = (what: string): string =>
  /(?:pass|pwd|secret|token|key|code|cookie|credential)/i.test(what) ? what : `${what} value`;

const markOf = ({ start, end, what }: Span): string => `⟦secret kept back: ${nameIn(what)}, ${end - start} characters⟧`;

const inPlainSight = (text: string, files: readonly string[]): readonly Span[] => {
  const code = files.some(isSourceFile);
  return [
    ...shapedSecrets(text),
    ...assignedSecrets(text, { code }),
    ...markedUpSecrets(text),
    ...secretsBeside(text),
    ...toldSecrets(text, code),
    ...(code ? [] : tabledSecrets(text)),
    ...(files.some(isSecretFile) ? valuesOfSecretFile(text) : []),
  ];
};

const readOnce = (text: string, files: readonly string[]): readonly Span[] => [
  ...inPlainSight(text, files),
  ...encodedSecrets(text, (decoded) => inPlainSight(decoded, files)),
];

/** Read as it stands, and once more without what hides its words. */
const recognised = (text: string, files: readonly string[]): readonly Span[] => {
  const plain = plainLetters(text);
  if (plain === null) return readOnce(text, files);
  const behind = readOnce(plain.text, files).map(({ start, end, what }) => ({
    start: plain.placeOf(start),
    end: plain.placeOf(end - 1) + 1,
    what,
  }));
  return [...readOnce(text, files), ...behind];
};

/** A canary is there to be seen: kept back, it would raise no alarm. */
const CANARY = /^mbc-[a-z2-7]{32}$/;

/** A mark of ours that was read again is no secret, and nothing in it. */
const outsideMarks = (text: string, spans: readonly Span[]): readonly Span[] => {
  const marks = [...text.matchAll(MARK)].map(({ index, 0: mark }) => ({ start: index, end: index + mark.length }));
  if (marks.length === 0) return spans;
  let next = 0;
  return spans.flatMap((span) => {
    while (next < marks.length && (marks[next]?.end ?? Infinity) <= span.start) next += 1;
    const mark = marks[next];
    return mark === undefined || mark.start >= span.end ? [span] : [];
  });
};

/**
 * Puts a mark in the place of every recognised key, password and token, and of its other forms in the same text. `files` are
 * the files that the text may come from: where one is there to hold secrets, every value counts as one. `known` are values
 * recognised before. Linear in the length of the text.
 */
export const keepBack = (
  text: string,
  files: readonly string[] = [],
  known: ReadonlyMap<string, string> = new Map(),
): KeptBack => {
  const found = outsideMarks(text, mergeSpans(recognised(text, files))).filter(
    ({ start, end }) => !CANARY.test(text.slice(start, end)),
  );
  const values = new Map([...known, ...found.map(({ start, end, what }) => [text.slice(start, end), what] as const)]);
  if (values.size === 0) return { text, count: 0, values };
  const spans = outsideMarks(text, mergeSpans([...found, ...echoesOf(text, values)]));
  const pieces: string[] = [];
  let at = 0;
  for (const span of spans) {
    pieces.push(text.slice(at, span.start), markOf(span));
    at = span.end;
  }
  pieces.push(text.slice(at));
  return { text: pieces.join(""), count: spans.length, values };
};
