import { open } from "node:fs/promises";
import { join } from "node:path";
import { skimLogLine } from "./log-line.ts";
import { readBlocks } from "./read-lines.ts";
import type { Line } from "./read-lines.ts";

const NEWLINE = Uint8Array.of(0x0a);

/** What cannot be read is copied: whoever restores it is told, and nothing is hidden from them. */
const isBehind = ({ bytes, isComplete }: Line, records: number): boolean => {
  if (!isComplete) return true;
  const line = skimLogLine(bytes);
  return typeof line !== "string" && line.kind !== "head" && line.sequence >= records;
};

/**
 * The bytes of a folder's log in pieces of whole lines, up to and without the record of this number: what belongs to a moment of the
 * database that knows so many records. Later lines, and a line that is still being written, are left out. Nothing where there is
 * no log yet.
 */
export async function* copyLog(directory: string, records: number): AsyncGenerator<Uint8Array> {
  let handle;
  try {
    handle = await open(join(directory, "log.jsonl"), "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const file = {
      read: async (position: number, length: number): Promise<Uint8Array> => {
        const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, position);
        return buffer.subarray(0, bytesRead);
      },
    };
    for await (const block of readBlocks(file, 0, size)) {
      const end = block.findIndex((line) => isBehind(line, records));
      const kept = end < 0 ? block : block.slice(0, end);
      if (kept.length > 0) yield Buffer.concat(kept.flatMap(({ bytes }) => [bytes, NEWLINE]));
      if (end >= 0) return;
    }
  } finally {
    await handle.close();
  }
}
