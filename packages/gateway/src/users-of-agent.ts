import type { AgentId, Principal, PrincipalId, Repositories } from "@moltbot/contracts";

/** No more people are looked at than this; the others see it when they look. */
const MOST = 500;

/** Those of these people who may use an agent now: nobody else is told anything about it. */
export const usersAmong = async (
  { agents }: Pick<Repositories, "agents">,
  { tenantId }: Pick<Principal, "tenantId">,
  people: readonly PrincipalId[],
  agentId: AgentId,
): Promise<readonly PrincipalId[]> => {
  const users: PrincipalId[] = [];
  for (const principalId of people.slice(0, MOST)) {
    const agent = await agents.find({ tenantId, principalId, reach: "own" }, agentId);
    if (agent.ok) users.push(principalId);
  }
  return users;
};
