import { lstat, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { locate } from "./locate.ts";
import type { Located } from "./locate.ts";
import { openInside } from "./open-inside.ts";
import { readWhole } from "./read-whole.ts";
import { sweepOne } from "./sweep-unfinished.ts";
import { isUnfinishedName } from "./unfinished-name.ts";

/** As much as a tool may write into one file; a larger one was not written here. */
const MOST_BYTES = 10 * 1024 * 1024;
const MOST_FILES = 10_000;
const DEEPEST = 32;

/** A plain file of a workspace. */
export interface WorkspaceFile {
  /** Relative to the workspace, parts joined with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly changedAt: Date;
  /** Its content as it is now; FILE_TOO_LARGE beyond ten megabytes, PATH_OUTSIDE_WORKSPACE for what was swapped since. */
  content(): Promise<Result<Uint8Array>>;
}

/** The files of a workspace in order of their paths; `complete` is false where there are more than were listed. */
export interface WorkspaceListing {
  readonly files: readonly WorkspaceFile[];
  readonly complete: boolean;
}

const contentOf = async (workspace: string, path: string): Promise<Result<Uint8Array>> => {
  const located = await locate(workspace, path);
  return located.ok ? openInside(located.value, "read", (handle) => readWhole(handle, MOST_BYTES)) : located;
};

/** How far a listing goes. */
export interface ListingWish {
  /** The folder to begin in, located before; left out: the workspace itself. */
  readonly folder?: Located;
  /** Files up to this path are passed over, and count as none. */
  readonly after?: string;
  readonly most?: number;
  /** Unfinished files that nobody has touched since then (milliseconds since 1970) are removed on the way; none are otherwise. */
  readonly sweepBefore?: number;
}

/**
 * Lists the plain files below a workspace without following a link; what tools could not reach (links, devices, files with a
 * second name, names that are no plain ones, what is not yet whole) is left out. Bounded in number and depth; empty where there is no
 * workspace.
 */
export const listWorkspaceFiles = async (
  workspace: string,
  { most = MOST_FILES, sweepBefore = 0, folder, after }: ListingWish = {},
): Promise<Result<WorkspaceListing>> => {
  const root = await realpath(workspace).catch(() => null);
  if (root === null) return ok({ files: [], complete: true });
  const files: WorkspaceFile[] = [];
  let complete = true;

  const last = after?.split("/").filter((part) => part !== ".") ?? [];
  /** Whether it comes before the place from which to go on; a folder on the way to that place does not. */
  const isPassed = (path: readonly string[], isFolder: boolean): boolean => {
    const at = path.findIndex((part, index) => part !== last[index]);
    if (at < 0) return last.length > 0 && !isFolder;
    const there = last[at];
    return there !== undefined && (path[at] ?? "") < there;
  };

  const visit = async (parts: readonly string[]): Promise<void> => {
    const entries = await readdir(join(root, ...parts), { withFileTypes: true }).catch(() => []);
    for (const { name } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (files.length >= most) return void (complete = false);
      const path = [...parts, name];
      if (isUnfinishedName(name)) {
        await sweepOne(root, [path[0] ?? name, ...path.slice(1)], sweepBefore);
        continue;
      }
      const found = await lstat(join(root, ...path)).catch(() => null);
      if (found === null || found.isSymbolicLink()) continue;
      if (isPassed(path, found.isDirectory())) continue;
      if (found.isDirectory()) {
        if (path.length >= DEEPEST) complete = false;
        else await visit(path);
        continue;
      }
      const located = await locate(root, path.join("/"));
      if (!located.ok) continue;
      const { relative } = located.value;
      files.push({
        path: relative,
        bytes: found.size,
        changedAt: found.mtime,
        content: () => contentOf(root, relative),
      });
    }
  };

  await visit(folder?.parts ?? []);
  return ok({ files, complete });
};
