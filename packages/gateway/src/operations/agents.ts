import { AgentId, ok, ownScope } from "@moltbot/contracts";
import type { Agent, OperationHandlers, Result, StoredAgent, AccessScope } from "@moltbot/contracts";
import { agentFor } from "../agent-access.ts";
import { createAgent } from "../create-agent.ts";
import { setAgentTools } from "../set-agent-tools.ts";
import { startsGranted } from "../starting-grants.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "agents.list" | "agents.create" | "agents.get" | "agents.reading" | "agents.tools" | "tools.list"
>;

export const agentOperations = ({ house, settings, copies }: OperationPorts): Handlers => {
  const shown = async (scope: AccessScope, agents: readonly StoredAgent[]): Promise<Result<readonly Agent[]>> => {
    const busy = await house.store.turns.busyAgents(scope);
    if (!busy.ok) return busy;
    return ok(
      agents.map(({ id, ownerId, name, model, capabilities, reading }) => {
        const known = house.models.find(model);
        return {
          id,
          ownerId,
          name,
          model,
          status: !known.ok ? "error" : busy.value.includes(id) ? "busy" : "idle",
          capabilities,
          reading,
        };
      }),
    );
  };
  const one = async (scope: AccessScope, agent: StoredAgent): Promise<Result<Agent>> => {
    const all = await shown(scope, [agent]);
    if (!all.ok) return all;
    return ok(all.value[0] ?? { ...agent, status: "idle" });
  };
  return {
    "agents.list": async ({ principal }) => {
      const scope = ownScope(principal);
      const agents = await house.store.agents.list(scope);
      return agents.ok ? shown(scope, agents.value) : agents;
    },
    "agents.get": async ({ principal }, { agentId }) => {
      const scope = ownScope(principal);
      const agent = await house.store.agents.find(scope, agentId);
      return agent.ok ? one(scope, agent.value) : agent;
    },
    "agents.create": async ({ principal }, { name, model, capabilities }) => {
      const known = house.models.find(model);
      if (!known.ok) return known;
      const created = await createAgent(house, principal, {
        id: house.ids.next(AgentId),
        name,
        model,
        tools: capabilities,
        reading: settings.current().agents.reading,
      });
      return created.ok ? one(ownScope(principal), created.value) : created;
    },
    "agents.reading": async ({ principal }, { agentId, reading }) => {
      const scope = ownScope(principal);
      const found = await agentFor(house.store, principal, agentId, "edit");
      if (!found.ok) return found;
      const fields = { agentId, from: found.value.reading, to: reading };
      const recorded = await house.audit.record({ event: "agent:reading", actor: principal.id, fields });
      if (!recorded.ok) return recorded;
      const set = await house.store.agents.setReading(scope, agentId, reading);
      return set.ok ? one(scope, set.value) : set;
    },
    "agents.tools": async ({ principal }, { agentId, tools }) => {
      const set = await setAgentTools(house, principal, agentId, tools);
      if (set.ok) await copies.endHidden();
      return set.ok ? one(ownScope(principal), set.value) : set;
    },
    "tools.list": async () =>
      ok(
        house.tools
          .catalog()
          .map((tool) => ({ name: tool.name, title: tool.title, effect: tool.effect, asks: !startsGranted(tool) })),
      ),
  };
};
