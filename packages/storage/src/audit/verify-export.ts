import type { AuditHead, AuditReport } from "@moltbot/contracts";
import { createLogChecker, reportOf } from "./check-log.ts";
import { isSigned } from "./tree-head.ts";

/** The verification with its signature check open to replacement, for the test that unplugs it. */
export const verifyExportWith = (check: typeof isSigned, jsonl: string, head: AuditHead | null): AuditReport => {
  const checker = createLogChecker({ publicKey: null, head, depth: "whole", isSigned: check });
  if (head !== null && !check(head)) {
    checker.fault(null, "the signature of the given head is not valid", "AUDIT_HEAD_MISMATCH");
  }
  const lines = jsonl.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) checker.push(line);
  const finished = checker.finish();
  const records = finished.tree.size();
  const signed = Math.max(finished.lastHead?.size ?? -1, head?.size ?? -1);
  if (signed < records) checker.fault(records === 0 ? null : records - 1, "no head covers the end of the log");
  return reportOf(finished);
};

/**
 * Verifies an export of the log offline, with nothing but its text and, if there is one, a head held elsewhere. Finds
 * edited, deleted, inserted and reordered records and false heads; a removed end or a wholly rewritten log only against a
 * given head (AUDIT_HEAD_MISMATCH), because whoever can rewrite everything can also sign with a key of their own.
 */
export const verifyExport = (jsonl: string, head: AuditHead | null): AuditReport =>
  verifyExportWith(isSigned, jsonl, head);
