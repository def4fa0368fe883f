import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Result } from "@moltbot/contracts";
import { createWorkspaceCopy } from "../create-workspace-copy.ts";
import type { CopyGround, CopyLimits } from "../means.ts";
import type { CopyPlace, WorkspaceCopy } from "../workspace-copy.ts";

export const isLinux = process.platform === "linux";
export const isRootHere = process.geteuid?.() === 0;

export const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};
export const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

/** A place on the disk with a workspace, room for a copy, and a canary beside them. */
export interface Ground {
  readonly root: string;
  readonly place: CopyPlace;
  readonly canary: string;
  inWorkspace(path: string): string;
  inCopy(path: string): string;
  remove(): void;
}

export const CANARY = "the-canary-outside-4c1e";

export const createGround = (): Ground => {
  const root = mkdtempSync(join(tmpdir(), "moltbot-copy-"));
  const place = { workspace: join(root, "workspace"), copy: join(root, "copies", "one") };
  mkdirSync(place.workspace);
  mkdirSync(join(root, "outside"));
  const canary = join(root, "outside", "canary.txt");
  writeFileSync(canary, CANARY);
  return {
    root,
    place,
    canary,
    inWorkspace: (path) => join(place.workspace, path),
    inCopy: (path) => join(place.copy, path),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
};

export const copiesWith = (limits: Partial<CopyLimits> = {}, ground?: CopyGround): WorkspaceCopy =>
  createWorkspaceCopy({ hash: sha256, limits }, ground);

export const never = (): AbortSignal => new AbortController().signal;

/** Writes a file with the folders above it. */
export const write = (path: string, content: string | Uint8Array, mode = 0o644): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
};

/** What stands in a folder: path → kind, mode and content of everything in it. */
export const treeOf = (folder: string, above = ""): Readonly<Record<string, string>> => {
  if (!existsSync(folder)) return {};
  const tree: Record<string, string> = {};
  for (const name of readdirSync(folder).toSorted()) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) tree[above + name] = `link ${readlinkSync(path)}`;
    else if (stat.isDirectory()) Object.assign(tree, { [`${above + name}/`]: "" }, treeOf(path, `${above + name}/`));
    else tree[above + name] = stat.isFile() ? `${mode} ${readFileSync(path, "utf8")}` : "other";
  }
  return tree;
};
