import type {
  AuditDetails,
  AuditEvent,
  AuditHead,
  AuditProof,
  AuditQuery,
  AuditRecord,
  AuditReport,
} from "../audit.ts";
import type { Instant } from "../ids.ts";
import type { Result } from "../result.ts";

/** The append-only log as the other rooms see it. */
export interface AuditPort {
  /** Durable when it returns, and with it all that was committed to the store before; AUDIT_UNWRITABLE means that nothing may happen. Concurrent calls share one flush. */
  record(event: AuditEvent): Promise<Result<AuditRecord>>;
  /** The newest records, newest first, older than `before` when given. */
  list(limit: number, before?: number): Promise<Result<readonly AuditRecord[]>>;
  /** The newest records that fit, newest first. Lets others work between pages. */
  query(query: AuditQuery, limit: number, before?: number): Promise<Result<readonly AuditRecord[]>>;
  /** That the record stands in the log under a fresh head; NOT_FOUND for one that does not. */
  proveRecord(sequence: number): Promise<Result<AuditProof>>;
  /** That the log of `size` records is the beginning of today's; AUDIT_HEAD_MISMATCH when it never had so many. */
  proveSize(size: number): Promise<Result<AuditProof>>;
  /** Drops the bodies of the records older than the instant and keeps their leaves, so that every head and proof stays valid; records that it did. Returns how many. */
  prune(before: Instant): Promise<Result<number>>;
  /** A freshly signed head over everything recorded so far. */
  head(): Promise<Result<AuditHead>>;
  /** Re-reads the whole log and checks every byte against hashes, heads and the database. */
  verify(): Promise<Result<AuditReport>>;
  /** The whole log as JSON Lines, ending with a fresh head; what the offline verifier reads. */
  export(): Promise<Result<string>>;
}

/** Reads what records hold sealed: for whoever may know it. */
export interface AuditDetailsReader {
  /** By sequence; those whose key was erased, whose row was dropped or does not fit its record are left out. */
  detailsOf(records: readonly AuditRecord[]): Promise<Result<ReadonlyMap<number, AuditDetails>>>;
}
