import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditQuery, AuditRecord, Result } from "@moltbot/contracts";
import { createPause } from "./let-others-work.ts";
import type { ReadableLog } from "./log-file.ts";
import { readLogLine } from "./log-line.ts";
import { fitsQuery, marksOf } from "./query-fields.ts";
import { readBack } from "./read-lines.ts";

const NEWLINE = 0x0a;
const RECORD = Buffer.from('{"record":');
const AT = Buffer.from(',"at":"');
const INSTANT_LENGTH = 24;

/** The instant of a record's line: the first such name can only be the record's own, because a quotation mark inside a text is escaped. */
const instantOf = (line: Buffer): string => {
  const begin = line.indexOf(AT) + AT.length;
  return line.toString("latin1", begin, begin + INSTANT_LENGTH);
};

/** Whether the line may be of a fitting record, from its bytes alone. */
const mayFit = (line: Buffer, { from, to }: AuditQuery, marks: readonly Buffer[]): boolean => {
  if (!marks.every((mark) => line.includes(mark)) || !line.subarray(0, RECORD.length).equals(RECORD)) return false;
  if (from === undefined && to === undefined) return true;
  const at = instantOf(line);
  return (from === undefined || at >= from) && (to === undefined || at <= to);
};

/** The lines of a piece that may fit, the last first. */
function* candidates(piece: Buffer, query: AuditQuery, marks: readonly Buffer[]): Generator<Buffer> {
  // An empty one stands everywhere, the end of a line too: looking for it would not get past that line.
  const mark = marks.find(({ length }) => length > 0);
  for (let end = piece.length; end > 0;) {
    const place = mark === undefined ? end - 1 : piece.lastIndexOf(mark, end - 1);
    if (place === -1) return;
    const begin = place === 0 ? 0 : piece.lastIndexOf(NEWLINE, mark === undefined ? place - 1 : place) + 1;
    const newline = piece.indexOf(NEWLINE, place);
    const line = piece.subarray(begin, newline === -1 ? piece.length : newline);
    if (mayFit(line, query, marks)) yield line;
    end = begin;
  }
}

/** The newest records of the first `end` bytes that fit, newest first. Reads back from the end and lets others work between pieces. */
export const queryLog = async (
  file: ReadableLog,
  end: number,
  query: AuditQuery,
  limit: number,
): Promise<Result<readonly AuditRecord[]>> => {
  const found: AuditRecord[] = [];
  const marks = marksOf(query);
  const pause = createPause();
  if (limit <= 0) return ok(found);
  for await (const piece of readBack(file, end)) {
    for (const bytes of candidates(piece, query, marks)) {
      const line = readLogLine(bytes);
      if (typeof line === "string") {
        return err(moltbotError("AUDIT_DAMAGED", { record: found.at(-1)?.sequence ?? "none", problem: line }));
      }
      if (line.kind === "record" && fitsQuery(line.record, query)) found.push(line.record);
      if (found.length >= limit) return ok(found);
      await pause();
    }
    await pause();
  }
  return ok(found);
};
