/**
 * Backups: everything but keys and search indexes, as frames sealed under a key of the vault, the same for both engines. It never
 * writes a key, a word of an index or a byte that is not sealed, and never trusts a byte that it reads back. The gateway hands
 * it a moment of the database, and a target to put one back into.
 */
export { createBackup, isPart } from "./create-backup.ts";
export type { BackupMade, BackupSource, CreateWish } from "./create-backup.ts";
export { realBackupDisk } from "./backup-disk.ts";
export type { BackupDisk, GrowingFile } from "./backup-disk.ts";
export type { BackupHeader } from "./header.ts";
export { openBackup } from "./open-backup.ts";
export type { BackupItem, OpenBackup } from "./open-backup.ts";
export { restoreBackup } from "./restore-backup.ts";
export type { BackupTarget, Restored } from "./restore-backup.ts";
export type { CopiedFile, Snapshot, SnapshotRow, SnapshotRows, SnapshotValue } from "./snapshot.ts";
export { verifyBackup } from "./verify-backup.ts";
