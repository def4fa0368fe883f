import { join } from "node:path";
import { done, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, CryptoPort, LogPort } from "@moltbot/contracts";
import { listWorkspaceFiles, setAsideFile } from "@moltbot/execution/tools";
import type { WorkspaceFile, Workspaces } from "./derived.ts";
import type { Home } from "./home.ts";

export interface WorkspacesWish {
  readonly home: Pick<Home, "root" | "workspaceOf">;
  readonly hash: CryptoPort["hash"];
  readonly clock: Pick<ClockPort, "now">;
  readonly log: Pick<LogPort, "warn">;
}

/** The agents' folders of a home. What is set aside lies in `removed/<date>/<agent>`, below no workspace. */
export const workspacesOf = ({ home, hash, clock, log }: WorkspacesWish): Workspaces => ({
  files: async (agentId) => {
    const listing = await listWorkspaceFiles(home.workspaceOf(agentId));
    if (!listing.ok) return listing;
    if (!listing.value.complete) log.warn("a workspace holds more files than were looked at", { agentId });
    const files: WorkspaceFile[] = [];
    for (const file of listing.value.files) {
      const read = await file.content();
      // Too large for any tool to have written it, or swapped while it was read: no label is kept for it.
      if (!read.ok) continue;
      const { path, bytes, changedAt } = file;
      files.push({ path, bytes, content: hash(read.value), changedAt: instantOf(changedAt.getTime()) });
    }
    return ok(files);
  },
  setAside: async (agentId, path, expected) => {
    const listing = await listWorkspaceFiles(home.workspaceOf(agentId));
    if (!listing.ok) return listing;
    const content = await listing.value.files.find((file) => file.path === path)?.content();
    if (content === undefined) return err(moltbotError("FILE_NOT_FOUND"));
    if (!content.ok) return content;
    // Somebody wrote it anew since it was looked at: that is not what was to go.
    if (hash(content.value) !== expected) return err(moltbotError("CONFLICT", { kind: "file" }));
    const day = clock.now().slice(0, 10);
    const aside = await setAsideFile(home.workspaceOf(agentId), path, join(home.root, "removed", day, agentId));
    return aside.ok ? done : aside;
  },
});
