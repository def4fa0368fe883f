import type { AuditHead } from "@moltbot/contracts";
import type { ReadableLog } from "./log-file.ts";
import { headLine } from "./log-line.ts";
import { readBlocks } from "./read-lines.ts";

const HEAD = Buffer.from('{"head":');

const NEWLINE = Uint8Array.of(0x0a);

const isHead = (line: Uint8Array): boolean => HEAD.equals(line.subarray(0, HEAD.length));

/** Every line of the first `end` bytes but the heads on the way, and this head: no line of an export can be missing unnoticed. */
export async function* exportPieces(file: ReadableLog, end: number, head: AuditHead): AsyncGenerator<Uint8Array> {
  for await (const lines of readBlocks(file, 0, end)) {
    const kept = lines.filter(({ bytes }) => !isHead(bytes));
    if (kept.length > 0) yield Buffer.concat(kept.flatMap(({ bytes }) => [bytes, NEWLINE]));
  }
  yield Buffer.from(`${headLine(head)}\n`);
}
