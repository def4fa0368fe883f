import { AgentId, err, millisecondsOf, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { Principal, Result, StoredAgent } from "@moltbot/contracts";
import type { ChatModel } from "@moltbot/ingress/http";
import type { House } from "../house.ts";

/** Under this name a client that knows no agent's finds the first one. */
const FIRST = "moltbot";

const unknown = (model: string): Result<never> => err(moltbotError("MODEL_UNKNOWN", { model: model.slice(0, 80) }));

/** The person's own before those that others share with them: nobody takes a name over by sharing an agent. */
const byName = (agents: readonly StoredAgent[], by: Principal, name: string): readonly StoredAgent[] => {
  const named = agents.filter((agent) => agent.name === name);
  const own = named.filter(({ ownerId }) => ownerId === by.id);
  return own.length > 0 ? own : named;
};

/** Those that a name may mean; "moltbot" means another's agent of that name only to somebody who has none of their own. */
const meant = (agents: readonly StoredAgent[], by: Principal, name: string): readonly StoredAgent[] => {
  const named = byName(agents, by, name);
  if (name !== FIRST || named.some(({ ownerId }) => ownerId === by.id)) return named;
  const own = agents.find(({ ownerId }) => ownerId === by.id);
  if (own !== undefined) return [own];
  return named.length > 0 ? named : agents.slice(0, 1);
};

/**
 * The agent that a client means with `model`: its id, its name, or "moltbot" for the first. MODEL_UNKNOWN for every agent that this
 * person may not see, just as for one that is not there.
 */
export const agentNamed = async (house: House, by: Principal, model: string): Promise<Result<StoredAgent>> => {
  const scope = ownScope(by);
  const id = AgentId.safeParse(model);
  if (id.success) {
    const found = await house.store.agents.find(scope, id.data);
    return !found.ok && found.error.code === "NOT_FOUND" ? unknown(model) : found;
  }
  const agents = await house.store.agents.list(scope);
  if (!agents.ok) return agents;
  const [named, another] = meant(agents.value, by, model);
  if (another !== undefined)
    return err(
      moltbotError("REQUEST_INVALID", { path: "model", problem: "more than one agent has that name; use an id" }),
    );
  return named === undefined ? unknown(model) : ok(named);
};

/** Every agent of this person as a model: by its name where that says which it is, else by its id. */
export const modelNames = async (house: House, by: Principal): Promise<Result<readonly ChatModel[]>> => {
  const agents = await house.store.agents.list(ownScope(by));
  if (!agents.ok) return agents;
  return ok(
    agents.value.map((agent) => {
      const [named, another] = meant(agents.value, by, agent.name);
      return {
        id: another === undefined && named?.id === agent.id ? agent.name : agent.id,
        created: Math.floor(millisecondsOf(agent.createdAt) / 1000),
      };
    }),
  );
};
