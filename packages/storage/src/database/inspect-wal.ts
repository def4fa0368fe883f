import { existsSync, readFileSync, statSync } from "node:fs";

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE = 0x377f0682;
const MAGIC_BIG = 0x377f0683;

interface Sum {
  readonly a: number;
  readonly b: number;
}

/** The checksum of the SQLite file format, section 4.2. */
const checksum = (bytes: Buffer, from: number, to: number, littleEndian: boolean, start: Sum): Sum => {
  let { a, b } = start;
  for (let at = from; at < to; at += 8) {
    a = (a + (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) + b) >>> 0;
    b = (b + (littleEndian ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4)) + a) >>> 0;
  }
  return { a, b };
};

/**
 * Looks at a write-ahead log before SQLite does, which silently drops everything from the first bad frame on. A crash can tear
 * only the last transaction, because each one is flushed before the next begins: a bad frame with a later transaction after it
 * was changed. A change inside the last transaction looks like a crash; the audit log's count finds that.
 */
export const walDamage = (file: string): string | null => {
  const path = `${file}-wal`;
  if (!existsSync(path)) return null;
  const bytes = readFileSync(path);
  if (bytes.length < HEADER_BYTES + FRAME_HEADER_BYTES) return null;
  // SQLite would throw the log of an empty file away.
  if (statSync(file, { throwIfNoEntry: false })?.size === 0)
    return "its file is empty or gone beside its write-ahead log";
  const magic = bytes.readUInt32BE(0);
  const littleEndian = magic === MAGIC_LITTLE;
  let sum = checksum(bytes, 0, 24, littleEndian, { a: 0, b: 0 });
  const headerIntact =
    (littleEndian || magic === MAGIC_BIG) && sum.a === bytes.readUInt32BE(24) && sum.b === bytes.readUInt32BE(28);
  if (!headerIntact) return "the head of its write-ahead log was changed";

  const frameBytes = FRAME_HEADER_BYTES + bytes.readUInt32BE(8);
  const salts = bytes.subarray(16, 24);
  let bad = false;
  let endedSinceBad = false;
  for (let at = HEADER_BYTES; at + frameBytes <= bytes.length; at += frameBytes) {
    const current = bytes.subarray(at + 8, at + 16).equals(salts);
    if (!bad) {
      const next = checksum(
        bytes,
        at + FRAME_HEADER_BYTES,
        at + frameBytes,
        littleEndian,
        checksum(bytes, at, at + 8, littleEndian, sum),
      );
      if (current && next.a === bytes.readUInt32BE(at + 16) && next.b === bytes.readUInt32BE(at + 20)) {
        sum = next;
        continue;
      }
      bad = true;
    }
    if (endedSinceBad && current) return "a frame of its write-ahead log was changed";
    // Frames of an earlier round carry other salts and say nothing.
    if (current && bytes.readUInt32BE(at + 4) !== 0) endedSinceBad = true;
  }
  return null;
};
