import type { AgentId } from "@moltbot/contracts";

/** Which tools agents lost since this gateway began: a turn that is under way was opened with them, and has them no more. */
export interface TakenAway {
  note(agentId: AgentId, change: { readonly added: readonly string[]; readonly removed: readonly string[] }): void;
  has(agentId: AgentId, tool: string): boolean;
}

export const createTakenAway = (): TakenAway => {
  const lost = new Map<AgentId, ReadonlySet<string>>();
  return {
    note(agentId, { added, removed }) {
      const kept = [...(lost.get(agentId) ?? [])].filter((tool) => !added.includes(tool));
      lost.set(agentId, new Set([...kept, ...removed]));
    },
    has: (agentId, tool) => lost.get(agentId)?.has(tool) === true,
  };
};
