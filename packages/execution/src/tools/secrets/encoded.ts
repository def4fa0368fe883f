import type { Span } from "./span.ts";

/** Finds secrets in a text. */
export type Recognise = (text: string) => readonly Span[];

/** A run may be broken into lines, as tools that encode whole files do; what a reader writes before each line goes with it. */
const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,65536}(?:\r?\n[ \t]{0,16}[A-Za-z0-9+/_-]{4,256}){0,2000}={0,2}/g;
const HEX = /(?<![0-9A-Za-z])(?:[0-9a-f]{2}){16,65536}(?![0-9A-Za-z])/gi;
/** A word in which signs stand as their codes: `DB_PASSWORD%3Dx%0A`. */
const WORD = /[^\s"'<>]{8,65536}/g;
const HAS_CODES = /%(?:3[AaDd]|0[Aa]|2[026]|40)/;
const MOST_LETTERS = 512 * 1024;

const READABLE = /^[\t\n\r\x20-\x7e\u00a0-\uffff]*$/;

const ofBytes = (bytes: Buffer): string | null => {
  // A Windows shell writes files with two bytes a letter.
  const wide = bytes.length >= 8 && bytes[1] === 0 && bytes[3] === 0;
  const text = bytes.toString(wide ? "utf16le" : "utf8");
  return READABLE.test(text) && !text.includes("\ufffd") ? text : null;
};

const ofPercent = (run: string): string | null => {
  if (!HAS_CODES.test(run)) return null;
  try {
    return decodeURIComponent(run);
  } catch {
    return null; // a sign that is no code: not an encoding
  }
};

const WAYS: readonly (readonly [shape: RegExp, decode: (run: string) => string | null])[] = [
  [BASE64, (run) => ofBytes(Buffer.from(run.replace(/\s+/g, ""), "base64"))],
  [HEX, (run) => ofBytes(Buffer.from(run, "hex"))],
  [WORD, ofPercent],
];

/** Whole runs of base64, hex or percent codes that hold a secret once they are read; so many that a hostile page cannot make it slow. */
export const encodedSecrets = (text: string, recognise: Recognise): readonly Span[] => {
  let letters = 0;
  return WAYS.flatMap(([shape, decode]) =>
    [...text.matchAll(shape)].flatMap((found) => {
      if (letters > MOST_LETTERS) return [];
      const decoded = decode(found[0]);
      letters += decoded?.length ?? 0;
      const [first] = decoded === null ? [] : recognise(decoded);
      return first === undefined
        ? []
        : [{ start: found.index, end: found.index + found[0].length, what: `encoded ${first.what}` }];
    }),
  );
};
