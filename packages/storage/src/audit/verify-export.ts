import type { AuditHead, AuditReport } from "@moltbot/contracts";
import { createLogChecker, reportOf } from "./check-log.ts";
import { isSigned } from "./tree-head.ts";

const NEWLINE = 0x0a;

/** What tests replace to show what each check is for. */
export interface ExportChecks {
  readonly isSigned: typeof isSigned;
  /** How many hashes may stand alone, by what the log says of itself. */
  readonly allowance: (pruned: number) => number;
}

export const EXPORT_CHECKS: ExportChecks = { isSigned, allowance: (pruned) => pruned };

/** Takes an export in pieces and says in the end what was found. */
export interface ExportVerifier {
  push(bytes: Uint8Array): void;
  /** How many records were read so far. */
  records(): number;
  finish(): AuditReport;
}

/** The verification with its checks open to replacement. */
export const createExportVerifierWith = (checks: ExportChecks, head: AuditHead | null): ExportVerifier => {
  const checker = createLogChecker({ publicKey: null, head, depth: "whole", ...checks });
  if (head !== null && !checks.isSigned(head)) {
    checker.fault(null, "the signature of the given head is not valid", "AUDIT_HEAD_MISMATCH");
  }
  let rest: Uint8Array = new Uint8Array();
  let isClosed = false;
  const line = (bytes: Uint8Array): void => {
    const place = checker.tree.size() === 0 ? null : checker.tree.size() - 1;
    if (isClosed) checker.fault(place, "a head stands where none belongs: an export has one, and ends with it");
    const before = checker.lastHead();
    checker.push(bytes);
    isClosed = checker.lastHead() !== before;
  };
  return {
    records: () => checker.tree.size(),
    push: (piece) => {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
      let begin = 0;
      for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
        line(bytes.subarray(begin, end));
        begin = end + 1;
      }
      rest = bytes.slice(begin);
    },
    finish: () => {
      if (rest.length > 0) {
        line(rest);
        checker.fault(null, "the last line is not complete: the end of the export is missing");
      }
      const finished = checker.finish();
      const records = finished.tree.size();
      if (!isClosed) checker.fault(records === 0 ? null : records - 1, "no head covers the end of the log");
      return reportOf(finished);
    },
  };
};

/** A verifier for an export that is too large to be one text. */
export const createExportVerifier = (head: AuditHead | null): ExportVerifier =>
  createExportVerifierWith(EXPORT_CHECKS, head);

/** How much of a text is turned into bytes at once. */
const PIECE = 1024 * 1024;

export const verifyExportWith = (checks: Partial<ExportChecks>, jsonl: string, head: AuditHead | null): AuditReport => {
  const verifier = createExportVerifierWith({ ...EXPORT_CHECKS, ...checks }, head);
  for (let begin = 0; begin < jsonl.length;) {
    const newline = jsonl.indexOf("\n", begin + PIECE);
    const end = newline === -1 ? jsonl.length : newline + 1; // between two lines no character is cut in half
    verifier.push(Buffer.from(jsonl.slice(begin, end), "utf8"));
    begin = end;
  }
  return verifier.finish();
};

/**
 * Verifies an export of the log offline, with nothing but its text and, if there is one, a head held elsewhere. Finds
 * every edited, deleted, inserted and reordered line and false heads; a removed end or a wholly rewritten log only against a
 * given head (AUDIT_HEAD_MISMATCH), because whoever can rewrite everything can also sign with a key of their own. Records
 * whose bodies retention took are hashes alone, as many as a record of the log itself says, and no more.
 */
export const verifyExport = (jsonl: string, head: AuditHead | null): AuditReport => verifyExportWith({}, jsonl, head);
