import { constants } from "node:fs";
import { lstat, mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, relative as relativePath, sep } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { locate } from "./locate.ts";
import type { Located } from "./locate.ts";
import { openInside } from "./open-inside.ts";

const MOST_NAMES = 1000;
const OWNER_FOLDER = 0o700;

const failed = (): Result<never> =>
  err(moltbotError("TOOL_FAILED", { tool: "file", problem: "the operating system does not let it move the file" }));

const liesIn = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}${sep}`);

/** A folder outside the workspace that is no link; made for its owner alone. */
const folderFor = async (root: string, into: string): Promise<string | null> => {
  await mkdir(into, { recursive: true, mode: OWNER_FOLDER });
  const real = await realpath(into);
  return liesIn(root, real) || !(await lstat(into)).isDirectory() ? null : real;
};

/** A name in the folder that nothing has: made by creating it, so that two at once get two. */
const freeName = async (folder: string, parts: Located["parts"]): Promise<string | null> => {
  const name = parts.join("__").slice(-180);
  for (let count = 0; count < MOST_NAMES; count += 1) {
    const path = join(folder, count === 0 ? name : `${name}.${count}`);
    const handle = await open(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600).catch(() => null);
    if (handle === null) continue;
    await handle.close();
    return path;
  }
  return null;
};

/** Where the folder really is through which the file is moved; Linux holds it by its descriptor, so that nobody swaps it. */
const moveFrom = async ({ root, parts }: Located, to: string): Promise<void> => {
  const folder = dirname(join(root, ...parts));
  const last = parts.at(-1) ?? "";
  if (process.platform !== "linux") return rename(join(folder, last), to);
  const held = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const real = await realpath(`/proc/self/fd/${held.fd}`);
    if (relativePath(root, real) !== parts.slice(0, -1).join(sep)) throw new Error("the folder is elsewhere");
    await rename(`/proc/self/fd/${held.fd}/${last}`, to);
  } finally {
    await held.close();
  }
};

/**
 * Moves a file out of a workspace into a folder elsewhere on the same disk, where no tool reaches it; answers with its name
 * there. The checks are those of opening it: PATH_OUTSIDE_WORKSPACE for links, second names and everything that is not
 * plainly inside. Nothing that stands in the folder is replaced.
 */
export const setAsideFile = async (workspace: string, path: string, into: string): Promise<Result<string>> => {
  const located = await locate(workspace, path);
  if (!located.ok) return located;
  try {
    return await openInside(located.value, "read", async (handle) => {
      const folder = await folderFor(located.value.root, into);
      if (folder === null) return err(moltbotError("PATH_OUTSIDE_WORKSPACE"));
      const to = await freeName(folder, located.value.parts);
      if (to === null) return failed();
      try {
        await moveFrom(located.value, to);
      } catch {
        await rm(to, { force: true });
        return failed();
      }
      const [opened, moved] = await Promise.all([handle.stat({ bigint: true }), lstat(to, { bigint: true })]);
      // What was moved is what was checked: not something that took its place in between.
      return opened.dev === moved.dev && opened.ino === moved.ino
        ? ok(to)
        : err(moltbotError("PATH_OUTSIDE_WORKSPACE"));
    });
  } catch {
    return failed();
  }
};
