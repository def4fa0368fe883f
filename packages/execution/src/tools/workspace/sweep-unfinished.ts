import { lstat, readdir, realpath, unlink } from "node:fs/promises";
import { join } from "node:path";
import { usualHolder } from "./hold-folder.ts";
import type { Located } from "./locate.ts";
import { isUnfinishedName } from "./unfinished-name.ts";

const DEEPEST = 64;
const MOST_NAMES = 200_000;

/** Removes one unfinished file that nobody has touched since `before` (milliseconds since 1970); tells whether it did. */
export const sweepOne = async (root: string, parts: Located["parts"], before: number): Promise<boolean> => {
  const name = parts.at(-1) ?? "";
  if (!isUnfinishedName(name)) return false;
  try {
    const folder = await usualHolder({ root, parts, relative: parts.join("/") }, false);
    try {
      const found = await lstat(folder.at(name));
      if (!found.isFile() || found.mtimeMs >= before || !(await folder.isThere())) return false;
      await unlink(folder.at(name));
      return true;
    } finally {
      await folder.close();
    }
  } catch {
    // It went, or its folder did: there is nothing to sweep.
    return false;
  }
};

/**
 * Removes what a crash left unfinished in a workspace, where nobody has touched it since `before`; gives how many. It follows no link,
 * and looks at so many names and so deep only.
 */
export const sweepUnfinished = async (workspace: string, before: number, signal?: AbortSignal): Promise<number> => {
  const root = await realpath(workspace).catch(() => null);
  if (root === null) return 0;
  let [seen, swept] = [0, 0];
  const visit = async (folder: readonly string[]): Promise<void> => {
    const entries = await readdir(join(root, ...folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      seen += 1;
      if (seen > MOST_NAMES || signal?.aborted === true) return;
      if (entry.isDirectory() && folder.length < DEEPEST) await visit([...folder, entry.name]);
      const [first, ...rest] = [...folder, entry.name] as const;
      if (entry.isFile() && (await sweepOne(root, [first, ...rest], before))) swept += 1;
    }
  };
  await visit([]);
  return swept;
};
