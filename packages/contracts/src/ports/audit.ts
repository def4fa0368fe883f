import type { AuditEvent, AuditHead, AuditRecord, AuditReport } from "../audit.ts";
import type { Result } from "../result.ts";

/** The append-only log as the other rooms see it. */
export interface AuditPort {
  /** Durable when it returns, and with it all that was committed to the store before; AUDIT_UNWRITABLE means that nothing may happen. Concurrent calls share one flush. */
  record(event: AuditEvent): Promise<Result<AuditRecord>>;
  /** The newest records, newest first, older than `before` when given. */
  list(limit: number, before?: number): Promise<Result<readonly AuditRecord[]>>;
  /** A freshly signed head over everything recorded so far. */
  head(): Promise<Result<AuditHead>>;
  /** Re-reads the whole log and checks every byte against hashes, heads and the database. */
  verify(): Promise<Result<AuditReport>>;
  /** The whole log as JSON Lines, ending with a fresh head; what the offline verifier reads. */
  export(): Promise<Result<string>>;
}
