import { BASE32, bytesOf, reversed } from "./read-every-way.ts";

/** Shorter secrets would be found everywhere by chance. */
const SHORTEST = 6;
/** How many letters of a form must be there for it to be sought among letters alone. */
const WINDOW = 8;
/** A part of a long secret gives it away too: it is sought in pieces of this length. */
const PIECE = 20;
const LONG = 2 * PIECE;
/** Beginnings that all keys and certificates of one kind share. */
const SHARED_START = 64;

/** Letters and digits alone, all small: what stands between them hides nothing. */
export const squeezed = (text: string): string => text.replace(/[^A-Za-z0-9]+/g, "").toLowerCase();

/** The letters that the bytes have in an encoding of `bits` a letter, whatever stands before and behind them. */
const cores = (bytes: Buffer, bits: 5 | 6, encode: (bytes: Buffer) => string): readonly string[] => {
  const shifts = bits === 6 ? 3 : 5;
  return Array.from({ length: shifts }, (_, shift) =>
    encode(Buffer.concat([Buffer.alloc(shift), bytes])).slice(
      Math.ceil((shift * 8) / bits),
      Math.floor(((shift + bytes.length) * 8) / bits),
    ),
  );
};

const base32 = (bytes: Buffer): string => {
  let [letters, held, bits] = ["", 0, 0];
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) letters += BASE32.charAt((held >> (bits - 5)) & 31);
  }
  return letters;
};

/** The forms of one secret that are sought among letters alone. */
const formsOf = (secret: string): readonly string[] => {
  const bytes = Buffer.from(secret, "utf8");
  const forms = [
    bytesOf(secret),
    bytes.toString("hex"),
    ...cores(bytes, 6, (all) => all.toString("base64")),
    ...cores(bytes, 5, base32),
  ].map(squeezed);
  return [...forms, ...forms.map(reversed)].filter(({ length }) => length >= WINDOW);
};

const piecesOf = (form: string): readonly string[] =>
  form.length < LONG
    ? [form]
    : Array.from({ length: Math.floor(form.length / PIECE) }, (_, at) => form.slice(at * PIECE, (at + 1) * PIECE));

/** A key between its marks, without the beginning that tells nothing. */
const ownPart = (secret: string): string => {
  if (!secret.includes("-----BEGIN")) return secret;
  return secret
    .replace(/-----[^-]+-----/g, "")
    .replace(/\s+/g, "")
    .slice(SHARED_START);
};

const BASE = 0x01000193;
const POWER = Array.from({ length: WINDOW - 1 }).reduce<number>((power) => Math.imul(power, BASE), 1);

/** Seeks many needles at once. */
export interface Needles {
  foundIn(text: string, letters: string): boolean;
}

const hashOf = (text: string): number => {
  let hash = 0;
  for (let at = 0; at < WINDOW; at += 1) hash = (Math.imul(hash, BASE) + text.charCodeAt(at)) | 0;
  return hash;
};

/** Whether any needle stands in the text; one pass, however many needles there are (Rabin and Karp). */
const sought = (byHash: ReadonlyMap<number, readonly string[]>, marks: Uint8Array, text: string): boolean => {
  if (text.length < WINDOW || byHash.size === 0) return false;
  let hash = hashOf(text);
  for (let at = 0; ; at += 1) {
    if (marks[hash >>> 16] === 1 && byHash.get(hash)?.some((needle) => text.startsWith(needle, at)) === true)
      return true;
    if (at + WINDOW >= text.length) return false;
    hash = (Math.imul(hash - Math.imul(text.charCodeAt(at), POWER), BASE) + text.charCodeAt(at + WINDOW)) | 0;
  }
};

/** Takes secrets apart into what is sought. They exist as long as this does: inside the vault's loan. */
export const needlesOf = (secrets: readonly string[]): Needles => {
  const byHash = new Map<number, string[]>();
  const plain: string[] = [];
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    const text = bytesOf(secret.trim());
    plain.push(text, reversed(text));
    for (const needle of formsOf(ownPart(secret)).flatMap(piecesOf)) {
      const known = byHash.get(hashOf(needle));
      if (known === undefined) byHash.set(hashOf(needle), [needle]);
      else known.push(needle);
    }
  }
  const marks = new Uint8Array(65_536);
  for (const hash of byHash.keys()) marks[hash >>> 16] = 1;
  return {
    foundIn: (text, letters) => sought(byHash, marks, letters) || plain.some((needle) => text.includes(needle)),
  };
};

/** The words of a canary's form in letters alone, forwards and backwards. */
export const canaryWords = (letters: string): readonly string[] =>
  [letters, reversed(letters)].flatMap((text) =>
    [...text.matchAll(/mbc(?=([a-z2-7]{32}))/g)].map(([, rest = ""]) => `mbc-${rest}`),
  );
