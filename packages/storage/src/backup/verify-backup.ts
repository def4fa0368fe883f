import { ok } from "@moltbot/contracts";
import type { BackupReport, Result } from "@moltbot/contracts";
import { openBackup } from "./open-backup.ts";
import type { BackupItem } from "./open-backup.ts";

/** A reader needs the first faults, not a million. */
const MOST_FAULTS = 100;

/**
 * Reads a backup from its first byte to its last, in bounded memory, and says what is not as it was written. `heard` is told
 * how many bytes were read by now, for people who wait.
 */
export const verifyBackup = async (
  file: string,
  key: Uint8Array,
  heard: (bytes: number) => void = () => undefined,
): Promise<Result<BackupReport>> => {
  const opened = await openBackup(file, key);
  if (!opened.ok) return opened;
  const backup = opened.value;
  const faults: string[] = [];
  let rows = 0;
  let attachments = 0;
  let auditRecords = 0;
  const take = (item: BackupItem): void => {
    switch (item.kind) {
      case "rows":
        rows += item.rows.length;
        break;
      case "attachment":
        if (item.last) attachments += 1;
        break;
      case "fault":
        if (faults.length < MOST_FAULTS) faults.push(item.problem);
        break;
      case "end":
        auditRecords = item.auditRecords;
        break;
      case "audit":
      case "file":
        break;
    }
    heard(backup.position());
  };
  try {
    for await (const item of backup.items()) take(item);
  } finally {
    await backup.close();
  }
  const { createdAt, engine } = backup.header;
  return ok({
    ok: faults.length === 0,
    file,
    at: createdAt,
    engine,
    rows,
    auditRecords,
    attachments,
    faults,
  });
};
