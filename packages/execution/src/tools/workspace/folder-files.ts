import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ResolvedResource, Result, ToolManifest } from "@moltbot/contracts";
import type { ToolRun } from "../tool.ts";
import { findFile } from "./change-file.ts";
import type { Found } from "./change-file.ts";
import { locate } from "./locate.ts";
import type { Located } from "./locate.ts";
import { standingAt } from "./resolve-path.ts";

/** As many files as a folder may hold that is moved or deleted as a whole, and as many bytes in all. */
const MOST_FILES = 500;
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_FOLDERS = 500;
const DEEPEST = 32;

const failed = (tool: string, problem: string): Result<never> => err(moltbotError("TOOL_FAILED", { tool, problem }));

/** Whether a folder stands there that is no link. */
export const isFolder = async ({ root, parts }: Located): Promise<boolean> =>
  (await lstat(join(root, ...parts)).catch(() => null))?.isDirectory() ?? false;

/** What a folder holds: its files and the folders in it, itself included, each relative to the workspace; outer folders first. */
export interface FolderContent {
  readonly files: readonly Located[];
  readonly folders: readonly Located[];
}

/**
 * All that a folder holds, in order. TOOL_FAILED for more than is moved or deleted at once, and for what no tool reaches (links, devices,
 * second names): that would be lost, since nothing of it can be kept.
 */
export const folderContent = async (folder: Located, tool: ToolManifest["name"]): Promise<Result<FolderContent>> => {
  const [files, folders] = [[] as Located[], [] as Located[]];
  let problem = "";
  const visit = async (here: Located): Promise<void> => {
    folders.push(here);
    if (folders.length > MOST_FOLDERS || here.parts.length > DEEPEST) {
      problem = `the folder holds more than ${String(MOST_FOLDERS)} folders, or is too deep`;
      return;
    }
    const names = await readdir(join(here.root, ...here.parts)).catch(() => null);
    if (names === null) problem = "a folder in it cannot be read";
    for (const name of (names ?? []).toSorted()) {
      if (problem !== "") return;
      const inner = await locate(here.root, `${here.relative}/${name}`);
      if (!inner.ok) problem = "the folder holds what no tool reaches: a link, a device or a file with a second name";
      else if (await isFolder(inner.value)) await visit(inner.value);
      else if (files.push(inner.value) > MOST_FILES) problem = `the folder holds more than ${String(MOST_FILES)} files`;
    }
  };
  await visit(folder);
  return problem === "" ? ok({ files, folders }) : failed(tool, problem);
};

/** Every file of a folder as something that the call points at, so that the guard judges each; `at` gives its place. */
export const resolveFolder = async (
  argument: string,
  { files }: FolderContent,
  at: (file: Located) => string,
): Promise<readonly ResolvedResource[]> => {
  const resources: ResolvedResource[] = [];
  for (const file of files)
    resources.push({ argument, kind: "path", value: at(file), ...(await standingAt(file)), refusal: null });
  return resources;
};

/** Whether the call points at what it pointed at when it was allowed. */
export const isWhatWasAllowed = (run: ToolRun, now: Result<readonly ResolvedResource[]>): boolean =>
  now.ok && JSON.stringify(run.resources) === JSON.stringify(now.value);

/** The files of a folder with what stands in them; FILE_TOO_LARGE where all together are too much to be kept. */
export const findFiles = async (run: ToolRun, { files }: FolderContent): Promise<Result<readonly Found[]>> => {
  const found: Found[] = [];
  let bytes = 0;
  for (const { relative } of files) {
    const one = await findFile(run, relative);
    if (!one.ok) return one;
    if (one.value.present === null) return err(moltbotError("CONFLICT", { kind: "file" }));
    bytes += one.value.present.content.byteLength;
    if (bytes > MOST_BYTES) return err(moltbotError("FILE_TOO_LARGE", { limit: MOST_BYTES }));
    found.push(one.value);
  }
  return ok(found);
};
