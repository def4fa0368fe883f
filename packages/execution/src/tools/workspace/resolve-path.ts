import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { ResolvedResource } from "@moltbot/contracts";
import { locate } from "./locate.ts";
import type { Located } from "./locate.ts";

const ANY_MAY_RUN = 0o111n;

/**
 * Which file stands there now: device, inode and time of birth, since a file system gives the inode of a deleted file to the
 * next one; "absent" for none. And whether its mode lets anybody run it.
 */
export const standingAt = async ({ root, parts }: Located) => {
  const found = await lstat(join(root, ...parts), { bigint: true }).catch(() => null);
  if (found === null) return { identity: "absent" };
  const identity = `${found.dev}:${found.ino}:${found.birthtimeNs}`;
  return found.isFile() && (found.mode & ANY_MAY_RUN) !== 0n ? { identity, executable: true } : { identity };
};

/** What a path argument points at: relative to the workspace, with the identity of what stands there, or a refusal that no grant lifts. */
export const resolvePath = async (workspace: string, path: string, argument = "path"): Promise<ResolvedResource> => {
  const located = await locate(workspace, path);
  if (!located.ok) return { argument, kind: "path", value: "", refusal: located.error.code };
  const standing = await standingAt(located.value);
  return { argument, kind: "path", value: located.value.relative, ...standing, refusal: null };
};
