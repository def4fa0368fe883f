import type { Result } from "@moltbot/contracts";

/** What is compared with the log: a record's place and its leaf. */
export interface AuditLeafRow {
  readonly sequence: number;
  /** Lower-case hex of the record's RFC 9162 leaf hash. */
  readonly leaf: string;
}

/** What lies beside one record of the log: enough to prove that log and database belong together, and the sealed details. */
export interface AuditDetailsRow extends AuditLeafRow {
  /** Whose key the details are sealed under. */
  readonly subject: string;
  /** Sealed JSON `{ name: { salt, value } }`, or null for a record without details. */
  readonly sealed: Uint8Array | null;
}

/** The side table of the log; the database implements it. Sequences are dense and begin at 0. */
export interface AuditDetailsStore {
  /**
   * Stores all rows in one durable transaction, and with them how many records have a durable line and were acknowledged by now; a
   * sequence that is not the next one is refused.
   */
  put(rows: readonly AuditDetailsRow[], acknowledged: number): Promise<Result<void>>;
  /** The count that the newest `put` stored: a log with fewer lines was cut while nobody watched. */
  acknowledged(): Promise<Result<number>>;
  /** How many rows there are, which is the next sequence. */
  highest(): Promise<Result<number>>;
  /** The rows with `from <= sequence < to`, in order. */
  range(from: number, to: number): Promise<Result<readonly AuditDetailsRow[]>>;
  /** The same without what is sealed. */
  leaves(from: number, to: number): Promise<Result<readonly AuditLeafRow[]>>;
  /** Drops the rows with `sequence >= size`, and acknowledges no more than are left: the crash came before their log line, so nobody was told that they exist. */
  truncate(size: number): Promise<Result<void>>;
  /** Of the rows with `sequence < size` keeps the leaf alone: nothing sealed, and no subject but `system`. Lets others work between pages. */
  forget(size: number): Promise<Result<void>>;
}
