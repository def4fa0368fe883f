import { err, ok } from "@moltbot/contracts";
import type { AuditReport, Result } from "@moltbot/contracts";
import type { Signer } from "../crypto/index.ts";
import { createLogChecker, reportOf } from "./check-log.ts";
import type { LogChecker } from "./check-log.ts";
import type { AuditDetailsStore } from "./details-store.ts";
import type { LogFile } from "./log-file.ts";
import type { Leaf } from "./log-line.ts";
import { readLines, textOf } from "./read-lines.ts";

const PAGE = 1_000;

/** Compares leaves in sequence order with what the database kept of them; notes each that differs or is missing. */
export const compareWithRows = async (
  details: AuditDetailsStore,
  leaves: readonly Leaf[],
  checker: Pick<LogChecker, "fault">,
): Promise<Result<void>> => {
  for (let begin = 0; begin < leaves.length; begin += PAGE) {
    const page = leaves.slice(begin, begin + PAGE);
    const sequences = page.map(({ sequence }) => sequence);
    const rows = await details.range(Math.min(...sequences), Math.max(...sequences) + 1);
    if (!rows.ok) return err(rows.error);
    const kept = new Map(rows.value.map((row) => [row.sequence, row.leaf]));
    for (const { sequence, leaf } of page) {
      if (kept.get(sequence) !== Buffer.from(leaf).toString("hex")) {
        checker.fault(sequence, "the record is not the one that the database knows");
      }
    }
  }
  return ok(undefined);
};

interface Known {
  readonly size: number;
  readonly bytes: number;
  /** Null when the memory's own tree is not to be trusted any more. */
  readonly root: string | null;
  readonly rows: Result<number>;
}

/** Reads the whole file again and checks it against itself, the signing key, the database and what memory knows. */
export const verifyLog = async (
  ports: { readonly file: LogFile; readonly signer: Signer; readonly details: AuditDetailsStore },
  known: Known,
): Promise<Result<AuditReport>> => {
  if (!known.rows.ok) return known.rows;
  const checker = createLogChecker({
    publicKey: Buffer.from(ports.signer.publicKey).toString("base64url"),
    head: null,
    depth: "whole",
  });
  let leaves: Leaf[] = [];
  for await (const line of readLines(ports.file, 0, known.bytes)) {
    const found = checker.push(line.isComplete ? textOf(line.bytes) : null);
    if (found !== null) leaves.push(found);
    if (leaves.length === PAGE) {
      const compared = await compareWithRows(ports.details, leaves, checker);
      if (!compared.ok) return compared;
      leaves = [];
    }
  }
  const compared = await compareWithRows(ports.details, leaves, checker);
  if (!compared.ok) return compared;
  const report = reportOf(checker.finish());
  if (report.records !== known.size) {
    checker.fault(null, `the file holds ${report.records} records and ${known.size} were written`);
  } else if (known.root !== null && report.root !== known.root) {
    checker.fault(null, "the records are not those that were written since the start");
  }
  if (known.rows.value !== known.size) {
    checker.fault(null, `the database knows ${known.rows.value} records and the log holds ${known.size}`);
  }
  return ok({ ...report, ok: checker.faults.length === 0, faults: checker.faults });
};
