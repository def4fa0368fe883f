import { err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AccessAnswer,
  AccessRight,
  AgentId,
  Person,
  Principal,
  Repositories,
  Result,
  StoredAgent,
} from "@moltbot/contracts";
import { judge } from "@moltbot/core/access";
import { houseScope } from "./keep-house.ts";

type Reading = Pick<Repositories, "agents" | "people" | "teams" | "shares">;

/** Whether a person may do this with an agent, from what is on record, and why. */
export const judgeAgent = async (
  store: Reading,
  by: Pick<Principal, "id" | "tenantId">,
  person: Person,
  agent: Pick<StoredAgent, "id" | "ownerId">,
  right: AccessRight,
): Promise<Result<AccessAnswer>> => {
  const scope = houseScope(by);
  const teams = await store.teams.ofPerson(scope, person.id);
  if (!teams.ok) return teams;
  const object = { type: "agent", id: agent.id } as const;
  const shares = await store.shares.ofObject(scope, object);
  if (!shares.ok) return shares;
  const facts = { person, teams: teams.value, object: { ...object, ownerId: agent.ownerId }, shares: shares.value };
  return ok(judge(facts, right));
};

/** An agent that one may do this with: NOT_FOUND where one may not even use it, ACCESS_DENIED where that is all. */
export const agentFor = async (
  store: Reading,
  by: Principal,
  id: AgentId,
  right: AccessRight,
): Promise<Result<StoredAgent>> => {
  const agent = await store.agents.find(ownScope(by), id);
  if (!agent.ok || right === "use" || agent.value.ownerId === by.id) return agent;
  const person = await store.people.find(houseScope(by), by.id);
  if (!person.ok) return person;
  const answer = await judgeAgent(store, by, person.value, agent.value, right);
  if (!answer.ok) return answer;
  return answer.value.allowed ? agent : err(moltbotError("ACCESS_DENIED", { right, kind: "agent" }));
};
