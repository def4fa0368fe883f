import { z } from "zod";
import { BackupId, Instant } from "./ids.ts";

/** A copy that was made: of everything but keys and search indexes, or of the keyring alone. */
export const BackupInfo = z.strictObject({
  id: BackupId,
  kind: z.enum(["backup", "keyring"]),
  /** Where it was put. */
  file: z.string(),
  at: Instant,
  bytes: z.int().nonnegative(),
  /** Rows in it; 0 of a keyring. */
  rows: z.int().nonnegative(),
  /** The keyring's generation at that time: an older copy may still hold keys that were erased since. */
  generation: z.int().nonnegative(),
  /** Whether the file still lies there. */
  present: z.boolean(),
});
export type BackupInfo = Readonly<z.infer<typeof BackupInfo>>;

/** What reading a backup from end to end found. */
export const BackupReport = z.strictObject({
  ok: z.boolean(),
  file: z.string(),
  at: Instant.nullable(),
  engine: z.enum(["sqlite", "postgres"]).nullable(),
  rows: z.int().nonnegative(),
  auditRecords: z.int().nonnegative(),
  attachments: z.int().nonnegative(),
  faults: z.array(z.string()).readonly(),
});
export type BackupReport = Readonly<z.infer<typeof BackupReport>>;
