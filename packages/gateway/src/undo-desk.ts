import { CallId, ok, ownScope } from "@moltbot/contracts";
import type {
  AgentId,
  AuditPort,
  ClockPort,
  EventBus,
  FileChange,
  IdPort,
  KeptChange,
  LogPort,
  Principal,
  Repositories,
  Result,
  UndoPort,
} from "@moltbot/contracts";
import { standingOf, undoChanges } from "@moltbot/execution/tools";
import type { LookBudget } from "@moltbot/execution/tools";
import type { Home } from "./home.ts";
import { recordedChange } from "./recorded-change.ts";
import { guestOf } from "./workspaces.ts";

export interface UndoWish {
  readonly undo: UndoPort;
  readonly agents: Pick<Repositories["agents"], "find">;
  readonly home: Pick<Home, "workspaceOf">;
  readonly audit: Pick<AuditPort, "record">;
  readonly events: Pick<EventBus, "publish">;
  readonly clock: Pick<ClockPort, "now">;
  readonly ids: Pick<IdPort, "next">;
  readonly log: Pick<LogPort, "error">;
}

/** What was put back, and the id by which that can be undone. */
export interface Undone {
  readonly undoId: CallId;
  readonly paths: readonly string[];
}

/** What a person can do about what was changed in files for them. */
export interface UndoDesk {
  /**
   * Puts back what one change replaced. It is on record before it happens, and what stands there now is kept, so that it can be undone
   * too. CONFLICT where somebody changed a file since, unless `anyway`. Who may not use the agent any more has no files there.
   */
  undo(by: Principal, callId: CallId, anyway: boolean): Promise<Result<Undone>>;
  /** One's own changes that are kept, the newest first; without those of agents that one may not use any more. */
  changes(of: Principal, limit: number): Promise<Result<readonly KeptChange[]>>;
}

/** How much of the files is read for one list; of what is more, it says that it does not know. */
const MOST_READ = 64 * 1024 * 1024;
const MOST_FILES_SHOWN = 20;

/** Where an agent's files of a person lie; an error for who may not use it. */
const folderFinder =
  ({ agents, home }: Pick<UndoWish, "agents" | "home">) =>
  async (by: Principal, agentId: AgentId): Promise<Result<string>> => {
    const agent = await agents.find(ownScope(by), agentId);
    return agent.ok ? ok(home.workspaceOf(agent.value.id, guestOf(agent.value, by.id))) : agent;
  };

/** The person's own undo. */
export const undoDesk = (wish: UndoWish): UndoDesk => {
  const { undo, events, clock, ids } = wish;
  const folderOf = folderFinder(wish);
  return {
    undo: async (by, callId, anyway) => {
      const scope = ownScope(by);
      const entry = await undo.find(scope, callId);
      if (!entry.ok) return entry;
      const { agentId } = entry.value;
      const folder = await folderOf(by, agentId);
      if (!folder.ok) return folder;
      const undoId = ids.next(CallId);
      const keep = (changes: readonly FileChange[]): Promise<Result<void>> =>
        undo.keep(scope, {
          callId: undoId,
          agentId,
          conversationId: null,
          tool: "undo",
          at: clock.now(),
          undoes: callId,
          changes,
        });
      const undone = await recordedChange(wish, {
        event: { event: "file:undone", actor: by.id, fields: { callId, agentId, undoId } },
        widens: true,
        change: () => undoChanges(folder.value, entry.value, undo.hash, { anyway, keep }),
      });
      if (!undone.ok) return undone;
      events.publish("file:undone", { tenantId: by.tenantId, audience: [by.id] }, { agentId, callId, undoId });
      return ok({ undoId, paths: entry.value.changes.map(({ path }) => path) });
    },
    changes: async (of, limit) => {
      const kept = await undo.list(ownScope(of), limit);
      if (!kept.ok) return kept;
      const budget: LookBudget = { bytes: MOST_READ };
      const folders = new Map<AgentId, string | null>();
      const found: KeptChange[] = [];
      for (const { changes, ...change } of kept.value) {
        const { agentId } = change;
        if (!folders.has(agentId)) {
          const folder = await folderOf(of, agentId);
          if (!folder.ok && folder.error.code !== "NOT_FOUND") return folder;
          folders.set(agentId, folder.ok ? folder.value : null);
        }
        const folder = folders.get(agentId) ?? null;
        if (folder === null) continue;
        const { state, files } = await standingOf(folder, { changes }, undo.hash, budget);
        found.push({ ...change, state, count: changes.length, files: files.slice(0, MOST_FILES_SHOWN) });
      }
      return ok(found);
    },
  };
};
