import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditRecord, Result } from "@moltbot/contracts";
import type { LogFile } from "./log-file.ts";
import { parseLogLine } from "./log-line.ts";
import type { LogLine } from "./log-line.ts";
import { readLines, textOf } from "./read-lines.ts";

const NEAR = 64 * 1024;
const PROBE = 8 * 1024;

const parse = (bytes: Uint8Array): LogLine | null => {
  const text = textOf(bytes);
  const line = text === null ? null : parseLogLine(text);
  return typeof line === "string" ? null : line;
};

/** The first record that begins after `position`, or null when there is none before `end`. */
const recordAfter = async (
  file: LogFile,
  position: number,
  end: number,
): Promise<{ readonly start: number; readonly sequence: number } | null> => {
  let isFirst = true;
  for await (const line of readLines(file, position, end, PROBE)) {
    const found = isFirst || !line.isComplete ? null : parse(line.bytes);
    isFirst = false;
    if (found?.kind === "record") return { start: line.start, sequence: found.record.sequence };
  }
  return null;
};

/** A place at which a line begins, at or shortly before the record `sequence`; sequences rise through the file. */
const placeBefore = async (file: LogFile, end: number, sequence: number): Promise<number> => {
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

/** The records with `from <= sequence < to`, oldest first, read from the first `end` bytes without reading all of them. */
export const readRecords = async (
  file: LogFile,
  end: number,
  from: number,
  to: number,
): Promise<Result<readonly AuditRecord[]>> => {
  const records: AuditRecord[] = [];
  for await (const line of readLines(file, await placeBefore(file, end, from), end)) {
    const found = parse(line.bytes);
    if (found?.kind === "head") continue;
    if (found === null) break;
    if (found.record.sequence >= to) break;
    if (found.record.sequence >= from) records.push(found.record);
  }
  return records.length === to - from
    ? ok(records)
    : err(moltbotError("AUDIT_DAMAGED", { record: from + records.length, problem: "it cannot be read back" }));
};
