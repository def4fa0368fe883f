import type { ResolvedResource } from "@moltbot/contracts";
import { locate } from "./locate.ts";

/** What a path argument points at: relative to the workspace, or a refusal that no grant lifts. */
export const resolvePath = async (workspace: string, path: string): Promise<ResolvedResource> => {
  const located = await locate(workspace, path);
  return located.ok
    ? { argument: "path", kind: "path", value: located.value.relative, refusal: null }
    : { argument: "path", kind: "path", value: "", refusal: located.error.code };
};
