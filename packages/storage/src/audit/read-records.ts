import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditRecord, Result } from "@moltbot/contracts";
import type { ReadableLog } from "./log-file.ts";
import { readLogLine, skimLogLine } from "./log-line.ts";
import type { Leaf } from "./log-line.ts";
import { readLines } from "./read-lines.ts";
import type { Line } from "./read-lines.ts";

const NEAR = 64 * 1024;
const PROBE = 8 * 1024;

/** Where a record begins. */
export interface Place {
  readonly start: number;
  readonly sequence: number;
}

const leafIn = ({ bytes, isComplete }: Line): Leaf | null => {
  const found = isComplete ? skimLogLine(bytes) : "";
  return typeof found === "string" || found.kind === "head" ? null : found;
};

/** The first record that begins after `position`, or null when there is none before `end`. */
const recordAfter = async (file: ReadableLog, position: number, end: number): Promise<Place | null> => {
  let isFirst = true;
  for await (const line of readLines(file, position, end, PROBE)) {
    const found = isFirst ? null : leafIn(line);
    isFirst = false;
    if (found !== null) return { start: line.start, sequence: found.sequence };
  }
  return null;
};

/** A place at which a line begins, at or shortly before the record `sequence`; sequences rise through the file. */
export const placeBefore = async (file: ReadableLog, end: number, sequence: number): Promise<number> => {
  let low = 0;
  let high = end;
  while (high - low > NEAR) {
    const middle = Math.floor((low + high) / 2);
    const found = await recordAfter(file, middle, high);
    if (found !== null && found.sequence <= sequence) low = found.start;
    else high = middle;
  }
  return low;
};

/** Where the record `sequence` begins, or `end` when no such record begins before it. */
export const placeOf = async (file: ReadableLog, end: number, sequence: number): Promise<number> => {
  for await (const line of readLines(file, await placeBefore(file, end, sequence), end)) {
    const found = leafIn(line);
    if (found !== null && found.sequence >= sequence) return line.start;
  }
  return end;
};

const unreadable = (record: number): Result<never> =>
  err(moltbotError("AUDIT_DAMAGED", { record, problem: "it cannot be read back" }));

/** The records with `from <= sequence < to`, oldest first, read from the first `end` bytes without reading all of them. */
export const readRecords = async (
  file: ReadableLog,
  end: number,
  from: number,
  to: number,
): Promise<Result<readonly AuditRecord[]>> => {
  const records: AuditRecord[] = [];
  for await (const line of readLines(file, await placeBefore(file, end, from), end)) {
    const found = readLogLine(line.bytes);
    if (typeof found === "string") break;
    if (found.kind === "head") continue;
    if (found.sequence >= to) break;
    if (found.kind === "record" && found.sequence >= from) records.push(found.record);
  }
  return records.length === to - from ? ok(records) : unreadable(from + records.length);
};

/** The leaves with `from <= sequence < to`, in order; the hashes alone are read. */
export const readLeaves = async (
  file: ReadableLog,
  end: number,
  from: number,
  to: number,
): Promise<Result<readonly Uint8Array[]>> => {
  const leaves: Uint8Array[] = [];
  for await (const line of readLines(file, await placeBefore(file, end, from), end)) {
    const found = leafIn(line);
    if (found === null || found.sequence < from) continue;
    if (found.sequence >= to || found.sequence !== from + leaves.length) break;
    leaves.push(found.leaf);
  }
  return leaves.length === to - from ? ok(leaves) : unreadable(from + leaves.length);
};
