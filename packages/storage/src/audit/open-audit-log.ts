import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, Result } from "@moltbot/contracts";
import { signerFromSeed } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { createAuditLog } from "./audit-log.ts";
import type { AuditLog, OpenedLog } from "./audit-log.ts";
import type { LogChecker } from "./check-log.ts";
import { checkpointStore, isTakenOf } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { SYSTEM_SUBJECT } from "./commit-details.ts";
import type { AuditDetailsRow, AuditDetailsStore } from "./details-store.ts";
import { hexOf } from "./hex.ts";
import { openLogFile } from "./log-file.ts";
import type { LogFile } from "./log-file.ts";
import type { Leaf } from "./log-line.ts";
import { BATCH_LIMIT } from "./log-writer.ts";
import { scan } from "./scan-log.ts";
import type { Scanned, ScanWish } from "./scan-log.ts";
import { compareWithRows } from "./verify-log.ts";

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
  /** Logs up to so many records are read whole at the start; tests choose another number. */
  readonly readWhole?: number;
  /** Bytes that an export in one text may have; tests choose another number. */
  readonly longestExport?: number;
  /** Goes on although log and database do not reach equally far; the owner has been told what is lost. */
  readonly acceptLoss?: boolean;
}

const damaged = (record: number | null, problem: string): Result<never> =>
  err(moltbotError("AUDIT_DAMAGED", { record: record ?? "none", problem }));

const firstFault = (checker: LogChecker): Result<void> => {
  const [fault] = checker.faults;
  return fault === undefined ? ok(undefined) : damaged(fault.record, fault.problem);
};

/** The row of a record whose details are lost. */
const emptyRow = ({ sequence, leaf }: Leaf): AuditDetailsRow => ({
  sequence,
  leaf: hexOf(leaf),
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
  log: OpenedLog,
  options: AuditLogOptions,
  found: Scanned,
  lines: number,
  rows: number,
): Promise<Result<AuditLog>> => {
  const missing = rows - lines;
  const fields = { droppedBytes: found.torn, droppedRows: Math.max(0, missing), mendedRows: Math.max(0, -missing) };
  if (found.torn === 0 && missing === 0) return ok(log);
  options.log.warn("the end of the audit log was repaired", fields);
  const recorded = await log.recordOwn({ event: "log:recovered", actor: "system", fields });
  return recorded.ok ? ok(log) : recorded;
};

/** Logs up to so many records are read whole at every start; of longer ones what came after the last checkpoint. */
const READ_WHOLE = 65_536;

/** From where to read, and what to pass on the way: the checkpoint of a long log, where there is one that was taken of this file. */
const startOf = async (
  file: LogFile,
  options: AuditLogOptions,
  rows: number,
  checkpoint: Checkpoint | null,
): Promise<Pick<ScanWish, "from" | "past">> => {
  if (checkpoint === null || options.acceptLoss === true) return { from: null, past: null };
  const isLong = checkpoint.tree.size > (options.readWhole ?? READ_WHOLE) && rows >= checkpoint.tree.size;
  return isLong && (await isTakenOf(checkpoint, file))
    ? { from: checkpoint, past: null }
    : { from: null, past: checkpoint };
};

const openOn = async (file: LogFile, options: AuditLogOptions): Promise<Result<AuditLog>> => {
  const signer = signerFromSeed(options.signingSeed);
  const checkpoints = checkpointStore(options.directory, options.commitmentKey, options.log);
  const rows = await options.details.highest();
  if (!rows.ok) return rows;
  const start = await startOf(file, options, rows.value, await checkpoints.read());
  const publicKey = Buffer.from(signer.publicKey).toString("base64url");
  const found = await scan({ file, publicKey, rows: rows.value, ...start });
  const sound = firstFault(found.checker);
  if (!sound.ok) return sound;
  const aligned = await align(options, found, rows.value);
  if (!aligned.ok) return aligned;
  const compared = await compareWithRows(options.details, found.unsigned, found.checker);
  if (!compared.ok) return compared;
  const known = firstFault(found.checker);
  if (!known.ok) return known;
  if (found.torn > 0) await file.truncate(found.bytes);
  if (options.acceptLoss === true) await checkpoints.remove();
  const lines = found.tree.size();
  const log = createAuditLog({ ...options, file, signer, checkpoints }, found);
  return recordRecovery(log, options, found, lines, rows.value);
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
