import { readlinkSync, realpathSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { inFolderIfAny, openFolder, unless, within } from "./held-folder.ts";
import type { Step } from "./held-folder.ts";
import { stampOf } from "./manifest.ts";
import type { Stamp } from "./manifest.ts";
import type { CopyMeans } from "./means.ts";
import type { Pace } from "./pace.ts";
import { walkFolder } from "./walk-folder.ts";

/** What of a workspace belongs into a copy. */
export interface Survey {
  readonly files: ReadonlyMap<string, Stamp>;
  /** Links that stay inside, with what they say, relative to where they stand. */
  readonly links: ReadonlyMap<string, string>;
  /** Folders with their modes, each after the one above it. */
  readonly folders: ReadonlyMap<string, number>;
}

export const EMPTY_WORKSPACE: Survey = Object.freeze({ files: new Map(), links: new Map(), folders: new Map() });

/** A step into the workspace changes nothing there, not even a mode. */
export const intoWorkspace =
  ({ ground }: CopyMeans): Step =>
  (path) =>
    openFolder(path, ground);

const PERMISSIONS = 0o777;
const DANGLING: readonly string[] = ["ENOENT", "ENOTDIR", "ELOOP", "EACCES", "ENAMETOOLONG"];

/** What a link may say in a copy; null where it leads out of the workspace, by its words or by what stands there. */
const inside = (root: string, path: string, text: string): string | null => {
  const folder = dirname(join(root, path));
  const target = posix.resolve(folder, text);
  const isInside = (place: string): boolean => place === root || place.startsWith(root + sep);
  if (!isInside(target)) return null;
  const real = unless(DANGLING, () => realpathSync(join(root, path)));
  if (real !== null && !isInside(real)) return null;
  return text.startsWith("/") ? relative(folder, target) || "." : text;
};

const tooLarge = (limit: string): Result<never> => err(moltbotError("WORKSPACE_TOO_LARGE", { limit }));

/** Looks at all of a held workspace and opens no file of it. WORKSPACE_TOO_LARGE. */
export const surveyWorkspace = async (
  workspace: number,
  root: string,
  means: CopyMeans,
  pace: Pace,
): Promise<Result<Survey>> => {
  const { ground, limits } = means;
  const files = new Map<string, Stamp>();
  const folders = new Map<string, number>();
  const linked: string[] = [];
  let bytes = 0n;
  const walked = await walkFolder(workspace, {
    ...limits,
    ground,
    pace,
    open: (path) => openFolder(path, ground),
    visit: ({ path, kind, stat }) => {
      if (kind === "file") {
        files.set(path, stampOf(stat));
        bytes += stat.size;
      } else if (kind === "folder") folders.set(path, Number(stat.mode) & PERMISSIONS);
      else if (kind === "link") linked.push(path);
    },
  });
  if (walked.tooMany) return tooLarge(`${String(limits.files)} files`);
  if (bytes > limits.bytes) return tooLarge(`${String(limits.bytes)} bytes`);
  if (walked.tooDeep.length > 0) return tooLarge(`${String(limits.depth)} folders within each other`);
  const links = new Map<string, string>();
  for (const path of linked) {
    const text = await inFolderIfAny(workspace, path.split("/"), intoWorkspace(means), (folder, name) =>
      unless(["ENOENT", "EINVAL"], () => readlinkSync(within(folder, name))),
    );
    const said = text === null ? null : inside(root, path, text);
    if (said !== null) links.set(path, said);
  }
  return ok({ files, links, folders });
};
