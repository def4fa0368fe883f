import { err, ok } from "@moltbot/contracts";
import type { AuditReport, Result } from "@moltbot/contracts";
import type { Signer } from "../crypto/index.ts";
import { createLogChecker, reportOf } from "./check-log.ts";
import type { LogChecker } from "./check-log.ts";
import type { AuditDetailsStore } from "./details-store.ts";
import { hexOf } from "./hex.ts";
import { createPause } from "./let-others-work.ts";
import type { ReadableLog } from "./log-file.ts";
import type { Leaf } from "./log-line.ts";
import { readBlocks } from "./read-lines.ts";

const PAGE = 1_000;

/** Compares leaves in sequence order with what the database kept of them; notes each that differs or is missing. */
export const compareWithRows = async (
  details: Pick<AuditDetailsStore, "leaves">,
  leaves: readonly Leaf[],
  checker: Pick<LogChecker, "fault">,
): Promise<Result<void>> => {
  for (let begin = 0; begin < leaves.length; begin += PAGE) {
    const page = leaves.slice(begin, begin + PAGE);
    const sequences = page.map(({ sequence }) => sequence);
    const rows = await details.leaves(Math.min(...sequences), Math.max(...sequences) + 1);
    if (!rows.ok) return err(rows.error);
    const kept = new Map(rows.value.map((row) => [row.sequence, row.leaf]));
    for (const { sequence, leaf } of page) {
      if (kept.get(sequence) !== hexOf(leaf)) {
        checker.fault(sequence, "the record is not the one that the database knows");
      }
    }
  }
  return ok(undefined);
};

/** What memory knows of the log. */
export interface Known {
  readonly size: number;
  readonly bytes: number;
  /** How long the file is; null when a failed write leaves that open. */
  readonly onDisk: number | null;
  /** Null when the memory's own tree is not to be trusted any more. */
  readonly root: string | null;
  readonly rows: Result<number>;
}

export interface VerifyPorts {
  readonly file: ReadableLog;
  readonly signer: Signer;
  readonly details: AuditDetailsStore;
}

/** What watches a verification. */
export interface Watching {
  /** Called with each record's place and hash, in order. */
  readonly leaf?: (leaf: Leaf) => void;
  /** Waited for after every page; false ends the work. */
  readonly next?: (checked: number) => Promise<boolean> | boolean;
}

/** Reads the whole file again and checks it against itself, the signing key, the database and what memory knows; null when it was ended. */
export const verifyLog = async (
  ports: VerifyPorts,
  known: Known,
  { leaf: watch, next }: Watching = {},
): Promise<Result<AuditReport | null>> => {
  if (!known.rows.ok) return known.rows;
  const checker = createLogChecker({
    publicKey: Buffer.from(ports.signer.publicKey).toString("base64url"),
    head: null,
    depth: "whole",
  });
  const pause = createPause();
  let leaves: Leaf[] = [];
  let bytes = 0;
  for await (const lines of readBlocks(ports.file, 0, known.bytes)) {
    for (const line of lines) {
      bytes += line.bytes.length + 1;
      const found = line.isComplete ? checker.push(line.bytes) : null;
      if (!line.isComplete) checker.fault(checker.tree.size(), "the line is not complete");
      if (found !== null) {
        leaves.push(found);
        watch?.(found);
      }
    }
    await pause();
    if (leaves.length >= PAGE) {
      const compared = await compareWithRows(ports.details, leaves, checker);
      if (!compared.ok) return compared;
      leaves = [];
      if ((await next?.(checker.tree.size())) === false) return ok(null);
    }
  }
  const compared = await compareWithRows(ports.details, leaves, checker);
  if (!compared.ok) return compared;
  const report = reportOf(checker.finish());
  if (report.records !== known.size) {
    checker.fault(null, `the file holds ${report.records} records and ${known.size} were written`);
  } else if (known.root !== null && report.root !== known.root) {
    checker.fault(null, "the records are not those that were written since the start");
  } else if (bytes !== known.bytes || (known.onDisk !== null && known.onDisk !== known.bytes)) {
    checker.fault(null, "the file is not as long as what was written to it");
  }
  if (known.rows.value !== known.size) {
    checker.fault(null, `the database knows ${known.rows.value} records and the log holds ${known.size}`);
  }
  return ok({ ...report, ok: checker.faults.length === 0, faults: checker.faults });
};
