import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { ResolvedResource } from "@moltbot/contracts";
import { locate } from "./locate.ts";
import type { Located } from "./locate.ts";

/**
 * Which file stands there now: device, inode and time of birth, since a file system gives the inode of a deleted file to the
 * next one; "absent" for none.
 */
const identityOf = async ({ root, parts }: Located): Promise<string> => {
  const found = await lstat(join(root, ...parts), { bigint: true }).catch(() => null);
  return found === null ? "absent" : `${found.dev}:${found.ino}:${found.birthtimeNs}`;
};

/** What a path argument points at: relative to the workspace, with the identity of what stands there, or a refusal that no grant lifts. */
export const resolvePath = async (workspace: string, path: string): Promise<ResolvedResource> => {
  const located = await locate(workspace, path);
  if (!located.ok) return { argument: "path", kind: "path", value: "", refusal: located.error.code };
  const identity = await identityOf(located.value);
  return { argument: "path", kind: "path", value: located.value.relative, identity, refusal: null };
};
