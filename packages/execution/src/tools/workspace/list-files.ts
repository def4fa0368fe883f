import { lstat, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { locate } from "./locate.ts";
import { openInside } from "./open-inside.ts";
import { readWhole } from "./read-whole.ts";

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

/**
 * Lists the plain files below a workspace without following a link; what tools could not reach (links, devices, files with a
 * second name, names that are no plain ones) is left out. Bounded in number and depth; empty where there is no workspace.
 */
export const listWorkspaceFiles = async (
  workspace: string,
  most: number = MOST_FILES,
): Promise<Result<WorkspaceListing>> => {
  const root = await realpath(workspace).catch(() => null);
  if (root === null) return ok({ files: [], complete: true });
  const files: WorkspaceFile[] = [];
  let complete = true;

  const visit = async (parts: readonly string[]): Promise<void> => {
    const entries = await readdir(join(root, ...parts), { withFileTypes: true }).catch(() => []);
    for (const { name } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (files.length >= most) return void (complete = false);
      const path = [...parts, name];
      const found = await lstat(join(root, ...path)).catch(() => null);
      if (found === null || found.isSymbolicLink()) continue;
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

  await visit([]);
  return ok({ files, complete });
};
