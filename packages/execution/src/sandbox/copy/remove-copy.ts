import { closeSync, renameSync, rmSync } from "node:fs";
import { CHANGE, NOTHING, NO_FOLDER, openOwnFolder, unless, within } from "./held-folder.ts";
import { hasManifest, removeManifest } from "./manifest.ts";
import type { CopyMeans } from "./means.ts";
import type { Pace } from "./pace.ts";
import { copyOfStaging, withStaging } from "./staging.ts";

/**
 * Removes a copy with its staging folder, and its manifest last: whenever it is cut off, it can be finished. Leaves everything alone
 * that no manifest stands beside, and a link too. Throws what the system refuses.
 */
export const removeCopy = async (path: string, means: CopyMeans, pace: Pace): Promise<void> => {
  const copy = copyOfStaging(path);
  if (!hasManifest(copy)) return;
  await withStaging(copy, means, pace, async (staging) => {
    const folder = unless([...NOTHING, ...NO_FOLDER], () => openOwnFolder(copy, CHANGE, means.ground));
    if (folder === null) return;
    closeSync(folder);
    // As a whole and at once: what is half removed is no copy whose files seem to be deleted.
    renameSync(copy, within(staging, "copy"));
  });
  rmSync(`${copy}.outside`, { force: true });
  removeManifest(copy);
};
