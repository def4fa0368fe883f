import { err, moltbotError, ownScope } from "@moltbot/contracts";
import type { AccessRight, AgentId, Principal, Result, StoredAgent } from "@moltbot/contracts";
import { judgeObject } from "./object-access.ts";
import type { Judging } from "./object-access.ts";

/** An agent that one may do this with: NOT_FOUND where one may not even use it, ACCESS_DENIED where that is all. */
export const agentFor = async (
  store: Judging,
  by: Principal,
  id: AgentId,
  right: AccessRight,
): Promise<Result<StoredAgent>> => {
  const agent = await store.agents.find(ownScope(by), id);
  if (!agent.ok || right === "use" || agent.value.ownerId === by.id) return agent;
  const answer = await judgeObject(store, by, by.id, { type: "agent", id, ownerId: agent.value.ownerId }, right);
  if (!answer.ok) return answer;
  return answer.value.allowed ? agent : err(moltbotError("ACCESS_DENIED", { right, kind: "agent" }));
};
