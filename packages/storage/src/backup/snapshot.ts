import type { Result } from "@moltbot/contracts";

/** What one column of one row may hold, on either engine. */
export type SnapshotValue = string | number | null | Uint8Array;
/** The values of one row, in the order of its columns. */
export type SnapshotRow = readonly SnapshotValue[];

/** Some rows of one table. */
export interface SnapshotRows {
  readonly columns: readonly string[];
  readonly rows: readonly SnapshotRow[];
}

/**
 * One moment of the database, which later writes do not change and which holds none of them up. The database implements it;
 * what an engine keeps for itself (its own head, its migrations, search indexes) is not in it.
 */
export interface Snapshot {
  readonly engine: "sqlite" | "postgres";
  /** The newest migration that was applied. */
  readonly schemaVersion: number;
  /** How many records of the audit log this moment knows: the log may be longer, never shorter for long. */
  readonly auditRecords: number;
  /** Parents before the children that name them. */
  readonly tables: readonly string[];
  /** All rows of a table in pages, in the order in which they were written; others get their turn between pages. */
  rows(table: string): AsyncIterable<Result<SnapshotRows>>;
  close(): Promise<void>;
}

/** A file that goes into the backup as it is. */
export interface CopiedFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  read(): AsyncIterable<Uint8Array>;
}
