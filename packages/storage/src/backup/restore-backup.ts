import { basename } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { BackupHeader } from "./header.ts";
import { openBackup } from "./open-backup.ts";
import type { BackupItem, OpenBackup } from "./open-backup.ts";
import type { SnapshotRow } from "./snapshot.ts";

/** Where a backup is put back; an empty place of either engine. Nothing of it counts before the whole backup was read. */
export interface BackupTarget {
  insert(table: string, columns: readonly string[], rows: readonly SnapshotRow[]): Promise<Result<void>>;
  /** The next bytes of the audit log. */
  appendAudit(bytes: Uint8Array): Promise<Result<void>>;
  /** The next bytes of a file. */
  appendFile(kind: "attachment" | "file", path: string, bytes: Uint8Array, last: boolean): Promise<Result<void>>;
}

/** What was put back. */
export interface Restored {
  readonly header: BackupHeader;
  readonly rows: number;
  readonly attachments: number;
}

const put = async (target: BackupTarget, item: BackupItem, file: string): Promise<Result<void>> => {
  switch (item.kind) {
    case "rows":
      return target.insert(item.table, item.columns, item.rows);
    case "audit":
      return target.appendAudit(item.bytes);
    case "attachment":
    case "file":
      return target.appendFile(item.kind, item.path, item.bytes, item.last);
    case "end":
      return done;
    case "fault":
      return err(moltbotError("BACKUP_UNREADABLE", { file: basename(file), problem: item.problem }));
  }
};

/**
 * Reads a backup into a target. `prepare` is told what it is before the first row; the first fault ends it with
 * BACKUP_UNREADABLE, and what the target holds by then is to be thrown away.
 */
export const restoreBackup = async (
  file: string,
  key: Uint8Array,
  prepare: (backup: Pick<OpenBackup, "header" | "bytes" | "position">) => Promise<Result<BackupTarget>>,
): Promise<Result<Restored>> => {
  const opened = await openBackup(file, key);
  if (!opened.ok) return opened;
  const backup = opened.value;
  let rows = 0;
  let attachments = 0;
  try {
    const target = await prepare(backup);
    if (!target.ok) return target;
    for await (const item of backup.items()) {
      const taken = await put(target.value, item, file);
      if (!taken.ok) return taken;
      if (item.kind === "rows") rows += item.rows.length;
      if (item.kind === "attachment" && item.last) attachments += 1;
    }
    return ok({ header: backup.header, rows, attachments });
  } finally {
    await backup.close();
  }
};
