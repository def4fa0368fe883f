import type { LogFile } from "./log-file.ts";

const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One line without its newline. */
export interface Line {
  readonly bytes: Uint8Array;
  /** Where its first byte stands in the file. */
  readonly start: number;
  /** Whether a newline ended it. */
  readonly isComplete: boolean;
}

/** The text of bytes, or null when they are not UTF-8. */
export const textOf = (bytes: Uint8Array): string | null => {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
};

/** The lines between two places of the file, front to back, in constant memory. */
export async function* readLines(file: LogFile, from: number, to: number, chunkBytes = CHUNK): AsyncGenerator<Line> {
  let pending: Uint8Array = new Uint8Array();
  let start = from;
  for (let position = from; position < to;) {
    const chunk = await file.read(position, Math.min(chunkBytes, to - position));
    if (chunk.length === 0) break;
    position += chunk.length;
    const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let begin = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
      yield { bytes: bytes.subarray(begin, end), start, isComplete: true };
      start += end + 1 - begin;
      begin = end + 1;
    }
    pending = bytes.slice(begin);
  }
  if (pending.length > 0) yield { bytes: pending, start, isComplete: false };
}
