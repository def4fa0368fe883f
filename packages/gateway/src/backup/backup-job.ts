import { done } from "@moltbot/contracts";
import type { AccessScope, Result } from "@moltbot/contracts";
import type { Settings } from "../settings/index.ts";
import type { BackupDesk } from "./backup-desk.ts";

/** Makes the backup that the settings ask for, then removes the oldest ones that came by themselves. A second run makes one more, which does no harm. */
export const backupBySettings = async (
  desk: Pick<BackupDesk, "create" | "thinOut">,
  scope: AccessScope,
  { folder, keep }: Settings["backup"],
): Promise<Result<void>> => {
  const made = await desk.create(scope, { kind: "backup", folder, byItself: true });
  if (!made.ok) return made;
  const thinned = await desk.thinOut(scope, folder, keep);
  return thinned.ok ? done : thinned;
};
