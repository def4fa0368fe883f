import type { AuditRecord } from "@moltbot/contracts";
import { createLogChecker } from "./check-log.ts";
import type { LogChecker } from "./check-log.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { hexOf } from "./hex.ts";
import type { LogFile } from "./log-file.ts";
import { readLogLine } from "./log-line.ts";
import type { Leaf } from "./log-line.ts";
import type { AuditLogState } from "./log-writer.ts";
import { rootOf } from "./merkle-tree.ts";
import { readLines } from "./read-lines.ts";
import { isSigned } from "./tree-head.ts";

const TAIL = 1_000;

/** What a reading of the file found. */
export interface Scanned extends AuditLogState {
  /** Bytes after the last whole line. */
  readonly torn: number;
  /** Records that no head in the file covers, or that the database does not know. */
  readonly unsigned: readonly Leaf[];
  readonly checker: LogChecker;
}

/** The newest records, read whole. */
const readTail = (lines: readonly Uint8Array[], checker: LogChecker): readonly AuditRecord[] =>
  lines.flatMap((bytes) => {
    const line = readLogLine(bytes);
    if (typeof line !== "string" && line.kind === "record") return [line.record];
    checker.fault(null, "one of the newest records cannot be read");
    return [];
  });

/** What to read, and what it is to agree with. */
export interface ScanWish {
  readonly file: LogFile;
  readonly publicKey: string;
  /** From where the leaves are needed to mend the database. */
  readonly rows: number;
  /** What was known to be good at the last checkpoint; the records before it are not read. */
  readonly from: Checkpoint | null;
  /** A checkpoint that the log must pass on its way. */
  readonly past: Checkpoint | null;
}

const PASSED = "the log is not the one that its last checkpoint was taken of: it was cut, changed or exchanged";

/** Reads the file once. */
export const scan = async ({ file, publicKey, rows, from, past }: ScanWish): Promise<Scanned> => {
  const checker = createLogChecker({
    publicKey,
    head: null,
    depth: "hashes",
    ...(from === null ? {} : { start: from }),
  });
  const end = await file.size();
  let bytes = from?.bytes ?? 0;
  let newest: Uint8Array[] = [];
  let unsigned: Leaf[] = [];
  let isPast = past === null;
  const pass = (): void => {
    if (isPast || past === null || bytes < past.bytes) return;
    isPast = true;
    const { size, peaks } = checker.tree.state();
    const isSame =
      bytes === past.bytes && size === past.tree.size && hexOf(rootOf({ size, peaks })) === hexOf(rootOf(past.tree));
    if (!isSame) checker.fault(past.tree.size, PASSED);
  };
  pass();
  for await (const line of readLines(file, bytes, end)) {
    if (!line.isComplete) {
      // A torn write leaves a beginning. A whole line and one more byte means that the newline was changed.
      const whole = readLogLine(line.bytes.subarray(0, -1));
      if (typeof whole !== "string") checker.push(line.bytes);
      break;
    }
    const found = checker.push(line.bytes);
    bytes += line.bytes.length + 1;
    pass();
    if (found === null) {
      unsigned = unsigned.filter(({ sequence }) => sequence >= rows);
      continue;
    }
    unsigned.push(found);
    if (found.kind === "leaf") continue;
    newest.push(line.bytes);
    if (newest.length > 2 * TAIL) newest = newest.slice(-TAIL);
  }
  if (!isPast) checker.fault(checker.tree.size(), PASSED);
  const { tree, lastHead, hashes } = checker.finish();
  if (lastHead !== null && !isSigned(lastHead))
    checker.fault(lastHead.size - 1, "the signature of a head is not valid");
  const tail = readTail(newest.slice(-TAIL), checker);
  const unread = from?.tree.size ?? 0;
  return {
    tree,
    bytes,
    lastHead: lastHead ?? from?.lastHead ?? null,
    hashes,
    unread,
    tail,
    torn: end - bytes,
    unsigned,
    checker,
  };
};
