import { constants, brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";

const MOST_OPENED = 1_048_576;

type Opener = (bytes: Buffer) => Buffer;
/** What is cut off is opened as far as it goes: its receiver would. */
const room = { maxOutputLength: MOST_OPENED, finishFlush: constants.Z_SYNC_FLUSH };
const OPENERS: Readonly<Record<string, Opener>> = Object.freeze({
  gzip: (bytes) => gunzipSync(bytes, room),
  "x-gzip": (bytes) => gunzipSync(bytes, room),
  deflate: (bytes) => inflateSync(bytes, room),
  br: (bytes) => brotliDecompressSync(bytes, { maxOutputLength: MOST_OPENED }),
  zstd: (bytes) => zstdDecompressSync(bytes, { maxOutputLength: MOST_OPENED }),
});
/** What compressed data begins with. Archives and the formats without an opener cannot be looked into at all. */
const BEGINNINGS: readonly (readonly [start: string, opener: string])[] = [
  ["\x1f\x8b\x08", "gzip"],
  ["\x78\x01", "deflate"],
  ["\x78\x5e", "deflate"],
  ["\x78\x9c", "deflate"],
  ["\x78\xda", "deflate"],
  ["\x28\xb5\x2f\xfd", "zstd"],
  ["PK\x03\x04", "none"],
  ["BZh91AY", "none"],
  ["\xfd7zXZ\0", "none"],
  ["7z\xbc\xaf\x27\x1c", "none"],
  ["Rar!\x1a", "none"],
];

/** What lies in data compressed in this way; null when it cannot be opened, or is too large once it is. */
export const opened = (text: string, encoding: string): string | null => {
  const open = Object.hasOwn(OPENERS, encoding) ? OPENERS[encoding] : undefined;
  try {
    return open?.(Buffer.from(text, "latin1")).toString("latin1") ?? null;
  } catch {
    return null;
  }
};

/** Null: it is not compressed; otherwise what is in it, or that it cannot be opened. */
export const openedByItself = (text: string): { readonly inside: string | null } | null => {
  const encoding = BEGINNINGS.find(([start]) => text.startsWith(start))?.[1];
  if (encoding === undefined) return null;
  const inside = opened(text, encoding);
  // Two bytes begin this format, and much else: what does not open is not of it.
  return inside === null && encoding === "deflate" ? null : { inside };
};
