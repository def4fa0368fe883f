import { readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { UndoPort } from "@moltbot/contracts";

/** Where a name is looked for behind the wall; the folders are the host's own, read-only. */
const SEARCHED = ["/usr/local/bin", "/usr/bin"];
const MOST_KNOWN = 200;
/** Hashing more would hold up everybody else; what is larger goes by which file it is and when it was written. */
const MOST_HASHED = 32 * 1024 * 1024;

/** Hashes by the file that has them; another file, or one that was written since, has another key. */
const known = new Map<string, string>();

const identityOf = async (path: string, hash: UndoPort["hash"]): Promise<string | null> => {
  const real = await realpath(path);
  // What lies elsewhere on the host does not exist behind the wall.
  if (!real.startsWith("/usr/")) return null;
  const found = await stat(real, { bigint: true });
  if (!found.isFile()) return null;
  const key = [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(":");
  const identity = known.get(key) ?? (found.size > MOST_HASHED ? key : hash(await readFile(real)));
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, identity);
  return identity;
};

const placesOf = (program: string): readonly string[] => {
  if (!program.includes("/")) return SEARCHED.map((folder) => join(folder, program));
  return /^\/(usr|bin|sbin)\//.test(program) ? [program] : [];
};

/**
 * Which program of the host runs under this name behind the wall: its SHA-256, or for a very large one the file itself; null for those
 * of the workspace and for none.
 */
export const hostProgram = async (program: string, hash: UndoPort["hash"]): Promise<string | null> => {
  for (const place of placesOf(program)) {
    const identity = await identityOf(place, hash).catch(() => null);
    if (identity !== null) return identity;
  }
  return null;
};
