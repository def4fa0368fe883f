import { openedByItself } from "./open-compressed.ts";

/** How many layers of encoding are taken off. */
const LAYERS = 4;
/** All readings together may be this many times as long as what was given: what unfolds further is not checked, and not sent. */
const GROWTH = 48;
const LEAST_ROOM = 262_144;

/** Everything here is bytes as a text: one character for each byte, so that no alphabet gets in the way. */
export const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

/** The same, last byte first. */
export const reversed = (text: string): string => Buffer.from(text, "latin1").reverse().toString("latin1");

/** Every way in which something can be read; `whole` is false where something in it could not be opened. */
export interface Readings {
  readonly texts: ReadonlySet<string>;
  readonly whole: boolean;
}

const ofCode = (code: number): string => {
  if (code < 0x80) return String.fromCharCode(code);
  return code <= 0x10ffff ? bytesOf(String.fromCodePoint(code)) : "";
};

const percentCodes = (text: string): string =>
  text
    .replace(/=\r?\n/g, "")
    .replace(/[%=]([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const escapes = (text: string): string =>
  text
    // A fixed number of digits each: what follows may be a digit too, and is a letter of its own.
    .replace(/\\U[0-9A-Fa-f]{8}|\\[Uu]\{[0-9A-Fa-f]{1,6}\}|\\[Uu][0-9A-Fa-f]{2,4}/g, (all) =>
      ofCode(Number.parseInt(all.replace(/[^0-9A-Fa-f]/g, ""), 16)),
    )
    .replace(/\\x([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\([0-3][0-7]{2})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/&#x([0-9a-f]{1,6});?/gi, (_all, hex: string) => ofCode(Number.parseInt(hex, 16)))
    .replace(/&#([0-9]{1,7});?/g, (_all, code: string) => ofCode(Number(code)));

const decimalCodes = (text: string): string =>
  [...text.matchAll(/(?<!\d)\d{2,3}(?!\d)/g)].map(([code]) => String.fromCharCode(Number(code) & 0xff)).join("");

const hexRuns = (text: string): readonly string[] =>
  [...text.replace(/0x|\\x|[\s:,;._-]+/gi, "").matchAll(/[0-9a-f]{12,}/gi)].flatMap(([run]) =>
    [0, 1].map((from) =>
      Buffer.from(run.slice(from, run.length - ((run.length - from) % 2)), "hex").toString("latin1"),
    ),
  );

export const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

const ofBase32 = (run: string): string => {
  let [bytes, held, bits] = ["", 0, 0];
  for (const letter of run.toLowerCase()) {
    held = ((held << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes += String.fromCharCode((held >> bits) & 0xff);
  }
  return bytes;
};

/** Only runs that no language has: each is read from its first eight letters. */
const base32Runs = (text: string): readonly string[] =>
  [...text.matchAll(/[A-Za-z2-7]{32,}/g)].flatMap(([run]) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((from) => ofBase32(run.slice(from))),
  );

const ofBase64 = (run: string): string => Buffer.from(run, "base64").toString("latin1");

/** Letters before a run shift it: it is read from each of its first four. */
const base64Runs = (text: string): readonly string[] => {
  const together = text.replace(/[^A-Za-z0-9+/_-]+/g, "");
  const runs = [...text.matchAll(/[A-Za-z0-9+/_-]{12,}/g)].map(([run]) => run);
  const pieces = [...text.matchAll(/[A-Za-z0-9+/_-]{2,}/g)].map(([run]) => ofBase64(run)).join("");
  return [...new Set([...runs, together])]
    .flatMap((run) => [0, 1, 2, 3].map((from) => ofBase64(run.slice(from))))
    .concat(pieces);
};

/** Every text in JSON, and its numbers as the codes that they may be. */
const jsonTexts = (value: unknown): readonly string[] => {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [` ${String(value)} `];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(jsonTexts);
};

/** What a receiver puts together again: the values of a query or a form, the texts of a JSON document. */
const valuesTogether = (text: string): readonly string[] => {
  if (/^[^\s=&]{1,200}=/.test(text)) return [[...new URLSearchParams(text).values()].map(bytesOf).join("")];
  if (!/^\s*[[{]/.test(text)) return [];
  try {
    const texts = jsonTexts(JSON.parse(Buffer.from(text, "latin1").toString("utf8")));
    return [bytesOf(texts.join("")), bytesOf(texts.toReversed().join(""))];
  } catch {
    return []; // not JSON: it is read as text
  }
};

const sameLetters = (text: string): string => bytesOf(Buffer.from(text, "latin1").toString("utf8").normalize("NFKC"));

/** What stands for characters in the text as it is. */
const spelledOut = (text: string): readonly string[] => [
  percentCodes(text),
  escapes(text),
  decimalCodes(text),
  sameLetters(text),
  ...valuesTogether(text),
];

const runsDecoded = (text: string): readonly string[] => [...hexRuns(text), ...base32Runs(text), ...base64Runs(text)];

/** Full-width and mathematical letters, where there are any, as the letters that they look like. */
const plainLetters = (text: string): string => (/\xef[\xbc\xbd]|\xf0\x9d/.test(text) ? sameLetters(text) : text);

/** What a decoding may have brought to light: its readable runs. Most runs that are read as if they were encoded hold noise. */
const readablePart = (decoded: string): string =>
  (
    plainLetters(decoded)
      .replaceAll("\0", "")
      .match(/[\t\n\r\x20-\x7e]{10,}/g) ?? []
  ).join("\n");

/**
 * Reads bytes in every usual way, layer by layer: percent and quoted-printable codes, escapes, lists of codes, hex, base64
 * from any letter, other letter forms, compressed data. What cannot be opened, or unfolds beyond measure, makes it not whole.
 */
export const readEveryWay = (given: readonly string[]): Readings => {
  const texts = new Set<string>();
  let left = given.reduce((sum, { length }) => sum + length, 0) * GROWTH + LEAST_ROOM;
  let whole = true;
  let layer: string[] = [];
  let next: string[] = [];
  /** What is long enough is searched; what reads as text, or opens, is unfolded in the next layer. */
  const add = (text: string, isDecoded: boolean): void => {
    if (text.length < 6 || texts.has(text) || left < text.length) {
      whole &&= left >= text.length;
      return;
    }
    left -= text.length;
    texts.add(text);
    const compressed = openedByItself(text);
    // Beside its content, compressed data has room for words: a name in front, and behind its end what no opener reads.
    const part = isDecoded || compressed !== null ? readablePart(text) : text;
    if (part !== text && part.length >= 10) texts.add(part);
    if (part.length >= 10) next.push(part);
    if (compressed === null) return;
    if (compressed.inside === null) whole = false;
    else add(compressed.inside, false);
  };
  for (const text of given) {
    add(text, false);
    // Written backwards, the outermost encoding reads as another.
    add(reversed(text), false);
  }
  for (let depth = 0; depth < LAYERS && whole; depth += 1) {
    [layer, next] = [next, []];
    for (const text of layer) {
      for (const reading of spelledOut(text)) add(reading, false);
      for (const reading of runsDecoded(text)) add(reading, true);
    }
  }
  return { texts, whole };
};
