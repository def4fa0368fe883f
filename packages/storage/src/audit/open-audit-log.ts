import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditRecord, ClockPort, LogPort, Result } from "@moltbot/contracts";
import { signerFromSeed } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { BATCH_LIMIT, createAuditLog } from "./audit-log.ts";
import type { AuditLog, AuditLogState } from "./audit-log.ts";
import { createLogChecker } from "./check-log.ts";
import type { LogChecker } from "./check-log.ts";
import { SYSTEM_SUBJECT } from "./commit-details.ts";
import type { AuditDetailsRow, AuditDetailsStore } from "./details-store.ts";
import { openLogFile } from "./log-file.ts";
import type { LogFile } from "./log-file.ts";
import { parseLogLine } from "./log-line.ts";
import type { Leaf } from "./log-line.ts";
import { readLines, textOf } from "./read-lines.ts";
import { isSigned } from "./tree-head.ts";
import { compareWithRows } from "./verify-log.ts";

const TAIL = 1_000;

export interface AuditLogOptions {
  /** The folder of `log.jsonl`; made if it is missing. */
  readonly directory: string;
  /** Ed25519 seed, 32 bytes. */
  readonly signingSeed: Uint8Array;
  readonly commitmentKey: Uint8Array;
  readonly content: ContentSealer;
  readonly details: AuditDetailsStore;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** Goes on although log and database do not reach equally far; the owner has been told what is lost. */
  readonly acceptLoss?: boolean;
}

interface Scanned extends AuditLogState {
  /** Bytes after the last whole line. */
  readonly torn: number;
  /** Records that no head in the file covers, or that the database does not know. */
  readonly unsigned: readonly Leaf[];
  readonly checker: LogChecker;
}

const damaged = (record: number | null, problem: string): Result<never> =>
  err(moltbotError("AUDIT_DAMAGED", { record: record ?? "none", problem }));

const firstFault = (checker: LogChecker): Result<void> => {
  const [fault] = checker.faults;
  return fault === undefined ? ok(undefined) : damaged(fault.record, fault.problem);
};

/** The newest records, read whole. */
const readTail = (texts: readonly string[], checker: LogChecker): readonly AuditRecord[] =>
  texts.flatMap((text) => {
    const line = parseLogLine(text);
    if (typeof line !== "string" && line.kind === "record") return [line.record];
    checker.fault(null, "one of the newest records cannot be read");
    return [];
  });

/** Reads the file once. `rows` says from where the leaves are needed to mend the database. */
const scan = async (file: LogFile, publicKey: string, rows: number): Promise<Scanned> => {
  const checker = createLogChecker({ publicKey, head: null, depth: "hashes" });
  const end = await file.size();
  let bytes = 0;
  let newest: string[] = [];
  let unsigned: Leaf[] = [];
  for await (const line of readLines(file, 0, end)) {
    if (!line.isComplete) {
      // A torn write leaves a beginning. A whole line and one more byte means that the newline was changed.
      const whole = parseLogLine(textOf(line.bytes.subarray(0, -1)) ?? "");
      if (typeof whole !== "string") checker.push(null);
      break;
    }
    const text = textOf(line.bytes);
    const found = checker.push(text);
    bytes += line.bytes.length + 1;
    if (found === null || text === null) {
      unsigned = unsigned.filter(({ sequence }) => sequence >= rows);
      continue;
    }
    unsigned.push(found);
    newest.push(text);
    if (newest.length > 2 * TAIL) newest = newest.slice(-TAIL);
  }
  const { tree, lastHead } = checker.finish();
  if (lastHead !== null && !isSigned(lastHead))
    checker.fault(lastHead.size - 1, "the signature of a head is not valid");
  const tail = readTail(newest.slice(-TAIL), checker);
  return { tree, bytes, lastHead, tail, torn: end - bytes, unsigned, checker };
};

/** The row of a record whose details are lost. */
const emptyRow = ({ sequence, leaf }: Leaf): AuditDetailsRow => ({
  sequence,
  leaf: Buffer.from(leaf).toString("hex"),
  subject: SYSTEM_SUBJECT,
  sealed: null,
});

/** Brings the database to the log's length, where a crash or an accepted loss explains the difference. */
const align = async (options: AuditLogOptions, found: Scanned, rows: number): Promise<Result<void>> => {
  const size = found.tree.size();
  const acceptLoss = options.acceptLoss === true;
  const acknowledged = await options.details.acknowledged();
  if (!acknowledged.ok) return acknowledged;
  if (size < acknowledged.value && !acceptLoss) {
    return damaged(size, `${acknowledged.value - size} acknowledged records are missing at its end: it was cut`);
  }
  if (rows > size) {
    if (rows - size > BATCH_LIMIT && !acceptLoss) {
      return damaged(size, `the database knows ${rows - size} records more than the log, which no crash explains`);
    }
    return options.details.truncate(size);
  }
  if (rows === size) return ok(undefined);
  if (!acceptLoss) return err(moltbotError("DATABASE_BEHIND_AUDIT", { missing: size - rows }));
  const lost = found.unsigned.filter(({ sequence }) => sequence >= rows);
  for (let begin = 0; begin < lost.length; begin += BATCH_LIMIT) {
    const put = await options.details.put(lost.slice(begin, begin + BATCH_LIMIT).map(emptyRow), rows);
    if (!put.ok) return put;
  }
  return ok(undefined);
};

/** Records what opening had to give up, so that it can be seen later. */
const recordRecovery = async (
  log: AuditLog,
  options: AuditLogOptions,
  found: Scanned,
  lines: number,
  rows: number,
): Promise<Result<AuditLog>> => {
  const missing = rows - lines;
  const fields = { droppedBytes: found.torn, droppedRows: Math.max(0, missing), mendedRows: Math.max(0, -missing) };
  if (found.torn === 0 && missing === 0) return ok(log);
  options.log.warn("the end of the audit log was repaired", fields);
  const recorded = await log.record({ event: "log:recovered", actor: "system", fields });
  return recorded.ok ? ok(log) : recorded;
};

const openOn = async (file: LogFile, options: AuditLogOptions): Promise<Result<AuditLog>> => {
  const signer = signerFromSeed(options.signingSeed);
  const rows = await options.details.highest();
  if (!rows.ok) return rows;
  const found = await scan(file, Buffer.from(signer.publicKey).toString("base64url"), rows.value);
  const sound = firstFault(found.checker);
  if (!sound.ok) return sound;
  const aligned = await align(options, found, rows.value);
  if (!aligned.ok) return aligned;
  const compared = await compareWithRows(options.details, found.unsigned, found.checker);
  if (!compared.ok) return compared;
  const known = firstFault(found.checker);
  if (!known.ok) return known;
  if (found.torn > 0) await file.truncate(found.bytes);
  const lines = found.tree.size();
  return recordRecovery(createAuditLog({ ...options, file, signer }, found), options, found, lines, rows.value);
};

/** Opens the log on a file that `open` gives; tests hand in one that fails. */
export const openAuditLogOn = async (
  open: (path: string) => Promise<LogFile>,
  options: AuditLogOptions,
): Promise<Result<AuditLog>> => {
  let file: LogFile | undefined;
  try {
    file = await open(join(options.directory, "log.jsonl"));
    const opened = await openOn(file, options);
    if (!opened.ok) await file.close();
    return opened;
  } catch (error) {
    options.log.error("the audit log could not be opened", { error: error instanceof Error ? error.name : "unknown" });
    await file?.close().catch(() => undefined);
    return err(moltbotError("AUDIT_UNWRITABLE"));
  }
};

/**
 * Opens the log of a folder, or begins one. A torn last line (nobody was told of it) is dropped and recorded as
 * `log:recovered`; anything else that does not verify is AUDIT_DAMAGED, and a database that is shorter than the log is
 * DATABASE_BEHIND_AUDIT.
 */
export const openAuditLog = async (options: AuditLogOptions): Promise<Result<AuditLog>> =>
  openAuditLogOn(openLogFile, options);
