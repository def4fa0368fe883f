import { lstatSync, mkdirSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, sep } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { BackupId, Instant, Result } from "@moltbot/contracts";
import type { Home } from "../home.ts";

const refused = (folder: string, problem: string): Result<never> =>
  err(moltbotError("BACKUP_PLACE", { folder, problem }));

/** The home's own folder for backups; made when the first one is. */
export const backupsOf = (home: Pick<Home, "root">): string => join(home.root, "backups");

const isInside = (folder: string, root: string): boolean => folder === root || folder.startsWith(`${root}${sep}`);

/**
 * The folder that a backup may be put into, as its real path: one of this user, which exists, and not a folder of the home but
 * `backups`. Empty or null stands for the home's own.
 */
export const backupFolder = (home: Pick<Home, "root">, wanted: string | null): Result<string> => {
  const own = backupsOf(home);
  try {
    if (wanted === null || wanted === "") {
      mkdirSync(own, { recursive: true, mode: 0o700 });
      return ok(realpathSync(own));
    }
    if (!isAbsolute(wanted)) return refused(wanted, "it is not an absolute path");
    const folder = realpathSync(wanted);
    const found = statSync(folder);
    if (!found.isDirectory()) return refused(wanted, "it is not a folder");
    if (process.getuid !== undefined && found.uid !== process.getuid())
      return refused(wanted, "it belongs to another user");
    if (isInside(folder, home.root) && !isInside(folder, own))
      return refused(wanted, "of the home only the folder backups takes them");
    return ok(folder);
  } catch (cause) {
    return refused(wanted ?? own, cause instanceof Error && "code" in cause ? String(cause.code) : "it cannot be read");
  }
};

/** The names of what is made: by a person, by itself, and the keyring's copies. */
const NAMES = { person: "moltbot", itself: "moltbot-auto", keyring: "moltbot-keyring" } as const;

/** How a copy is called: when it was made and the end of its id, so that a list of files sorts and none replaces another. */
export const copyName = (kind: keyof typeof NAMES, at: Instant, id: BackupId): string =>
  `${NAMES[kind]}-${at.slice(0, 19).replaceAll(/[-:]/g, "")}Z-${id.slice(-8)}${kind === "keyring" ? "" : ".backup"}`;

/** Whether a file was made by itself, and may be removed by itself. */
export const wasMadeByItself = (name: string): boolean => /^moltbot-auto-\d{8}T\d{6}Z-[0-9a-f]{8}\.backup$/.test(name);

/** Whether something lies there that a copy may have become. */
export const isPresent = (file: string): boolean => {
  try {
    const found = lstatSync(file);
    return found.isFile() || found.isDirectory();
  } catch {
    return false; // gone, or not reachable by this user: an erasure must name it all the same
  }
};
