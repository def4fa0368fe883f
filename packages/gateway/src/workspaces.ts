import { mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { done, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type {
  ClockPort,
  CryptoPort,
  Instant,
  LogPort,
  PrincipalId,
  Repositories,
  Result,
  TenantId,
  ToolCall,
} from "@moltbot/contracts";
import { listWorkspaceFiles, setAsideFile, sweepUnfinished } from "@moltbot/execution/tools";
import type { AgentOfOwner, WorkspaceFile, Workspaces } from "./derived.ts";
import type { Home } from "./home.ts";

export interface WorkspacesWish {
  readonly home: Pick<Home, "root" | "workspaceOf">;
  readonly hash: CryptoPort["hash"];
  readonly clock: Pick<ClockPort, "now">;
  readonly log: Pick<LogPort, "warn">;
}

export interface WorkspaceFinderWish {
  readonly home: Pick<Home, "workspaceOf">;
  readonly agents: Pick<Repositories["agents"], "find">;
  /** Null until the first person is there. */
  readonly tenant: () => TenantId | null;
}

/** Who uses an agent without being its owner; null for the owner. */
export const guestOf = ({ ownerId }: Pick<AgentOfOwner, "ownerId">, person: PrincipalId): PrincipalId | null =>
  ownerId === person ? null : person;

/** Removes from all workspaces of a home what a crash left unfinished there before the instant. */
export const sweepWorkspaces = async (
  { home, log }: { readonly home: Pick<Home, "root">; readonly log: Pick<LogPort, "warn"> },
  before: Instant,
  signal: AbortSignal,
): Promise<void> => {
  const folder = join(home.root, "workspaces");
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let swept = 0;
  for (const entry of entries)
    if (entry.isDirectory()) swept += await sweepUnfinished(join(folder, entry.name), Date.parse(before), signal);
  if (swept > 0) log.warn("files that a crash left unfinished are removed", { files: swept });
};

/** The agents' folders of a home. What is set aside lies in `removed/<date>/<the folder's name>`, below no workspace. */
export const workspacesOf = ({ home, hash, clock, log }: WorkspacesWish): Workspaces => ({
  files: async (agent, person) => {
    const listing = await listWorkspaceFiles(home.workspaceOf(agent.id, guestOf(agent, person)));
    if (!listing.ok) return listing;
    if (!listing.value.complete) log.warn("a workspace holds more files than were looked at", { agentId: agent.id });
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
  setAside: async (agent, person, path, expected) => {
    const folder = home.workspaceOf(agent.id, guestOf(agent, person));
    const listing = await listWorkspaceFiles(folder);
    if (!listing.ok) return listing;
    const content = await listing.value.files.find((file) => file.path === path)?.content();
    if (content === undefined) return err(moltbotError("FILE_NOT_FOUND"));
    if (!content.ok) return content;
    // Somebody wrote it anew since it was looked at: that is not what was to go.
    if (hash(content.value) !== expected) return err(moltbotError("CONFLICT", { kind: "file" }));
    const day = clock.now().slice(0, 10);
    const aside = await setAsideFile(folder, path, join(home.root, "removed", day, basename(folder)));
    return aside.ok ? done : aside;
  },
});

/**
 * Finds the folder that an agent has for the person for whom a turn runs, and makes it. Asked anew for every call: who may not use the
 * agent any more finds none.
 */
export const workspaceFinder =
  ({ home, agents, tenant }: WorkspaceFinderWish) =>
  async ({ agentId, authority }: Pick<ToolCall, "agentId" | "authority">): Promise<Result<string>> => {
    const tenantId = tenant();
    if (tenantId === null) return err(moltbotError("NOT_FOUND", { kind: "agent" }));
    const agent = await agents.find({ tenantId, principalId: authority, reach: "own" }, agentId);
    if (!agent.ok) return agent;
    const folder = home.workspaceOf(agentId, guestOf(agent.value, authority));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return ok(folder);
  };
