import type { ReadableLog } from "./log-file.ts";

const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;

/** One line without its newline. */
export interface Line {
  readonly bytes: Uint8Array;
  /** Where its first byte stands in the file. */
  readonly start: number;
  /** Whether a newline ended it. */
  readonly isComplete: boolean;
}

/** The lines between two places of the file, front to back, in constant memory, as many at a time as one read holds. */
export async function* readBlocks(
  file: ReadableLog,
  from: number,
  to: number,
  chunkBytes = CHUNK,
): AsyncGenerator<readonly Line[]> {
  let pending: Uint8Array = new Uint8Array();
  let start = from;
  for (let position = from; position < to;) {
    const chunk = await file.read(position, Math.min(chunkBytes, to - position));
    if (chunk.length === 0) break;
    position += chunk.length;
    const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const lines: Line[] = [];
    let begin = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
      lines.push({ bytes: bytes.subarray(begin, end), start, isComplete: true });
      start += end + 1 - begin;
      begin = end + 1;
    }
    pending = bytes.slice(begin);
    if (lines.length > 0) yield lines;
  }
  if (pending.length > 0) yield [{ bytes: pending, start, isComplete: false }];
}

/** The same, one line at a time. */
export async function* readLines(
  file: ReadableLog,
  from: number,
  to: number,
  chunkBytes = CHUNK,
): AsyncGenerator<Line> {
  for await (const lines of readBlocks(file, from, to, chunkBytes)) yield* lines;
}

/** The bytes before a place at which a line begins, the last first; every piece is made of whole lines, newlines included. */
export async function* readBack(file: ReadableLog, end: number, chunkBytes = CHUNK): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for (let position = end; position > 0;) {
    const from = Math.max(0, position - chunkBytes);
    const bytes = Buffer.concat([await file.read(from, position - from), rest]);
    position = from;
    // The first line of the piece may have begun before it.
    const begin = from === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
    rest = from > 0 && begin === 0 ? bytes : Buffer.from(bytes.subarray(0, begin));
    if (begin < bytes.length && (from === 0 || begin > 0)) yield bytes.subarray(begin);
  }
}
