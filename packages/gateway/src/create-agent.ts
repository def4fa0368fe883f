import { err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { AgentId, Principal, Reading, Result, StoredAgent } from "@moltbot/contracts";
import type { House } from "./house.ts";
import { startingGrants } from "./starting-grants.ts";

export interface AgentWish {
  readonly id: AgentId;
  readonly name: string;
  readonly model: string;
  /** Names of tools; when left out all of the house's own, and none of a plugin. */
  readonly tools: readonly string[] | undefined;
  readonly reading: Reading;
}

/**
 * Creates an agent with its starting grants, recorded first, in one transaction; EVERYTHING_STOPPED while a stop is in force:
 * grants made under its epoch would outlive it, whatever is brought back.
 */
export const createAgent = async (house: House, owner: Principal, wish: AgentWish): Promise<Result<StoredAgent>> => {
  const catalog = house.tools.catalog();
  const known = catalog.map(({ name }): string => name);
  const own = catalog.filter(({ plugin }) => plugin === undefined).map(({ name }): string => name);
  const unknown = wish.tools?.find((name) => !known.includes(name));
  if (unknown !== undefined) return err(moltbotError("TOOL_UNKNOWN", { tool: unknown }));
  const agent: StoredAgent = {
    id: wish.id,
    tenantId: owner.tenantId,
    ownerId: owner.id,
    name: wish.name,
    model: wish.model,
    capabilities: wish.tools === undefined ? own : [...new Set(wish.tools)],
    createdAt: house.clock.now(),
    reading: wish.reading,
  };
  const recorded = await house.audit.record({
    event: "agent:created",
    actor: owner.id,
    fields: { agentId: agent.id, tools: agent.capabilities.join(" ") },
  });
  if (!recorded.ok) return recorded;
  const scope = ownScope(owner);
  const stored = await house.store.atomically<StoredAgent>(async (repositories) => {
    const stop = await repositories.stops.current(scope);
    if (!stop.ok) return stop;
    if (stop.value !== null || house.halted())
      return err(moltbotError("EVERYTHING_STOPPED", { since: stop.value?.at ?? house.clock.now() }));
    // A plugin that was removed since the look must not stay in a list, for another one of its name to find.
    const gone = agent.capabilities.find((tool) => !house.tools.catalog().some(({ name }) => name === tool));
    if (gone !== undefined) return err(moltbotError("TOOL_UNKNOWN", { tool: gone }));
    const created = await repositories.agents.create(scope, agent);
    if (!created.ok) return created;
    const epoch = await repositories.capabilities.epoch(scope);
    if (!epoch.ok) return epoch;
    for (const capability of startingGrants(house, owner, agent.id, agent.capabilities, epoch.value)) {
      const granted = await repositories.capabilities.create(scope, capability);
      if (!granted.ok) return granted;
    }
    return ok(agent);
  });
  if (stored.ok) return stored;
  const fields = { agentId: agent.id, code: stored.error.code };
  const voided = await house.audit.record({ event: "agent:create-void", actor: owner.id, fields });
  if (!voided.ok) house.log.error("an agent was recorded and not created", fields);
  return stored;
};
