import { done, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { AgentId, Principal, Repositories, Result, StoredAgent, ToolManifest } from "@moltbot/contracts";
import { agentFor } from "./agent-access.ts";
import type { House } from "./house.ts";
import { houseScope } from "./keep-house.ts";
import { recordedChange } from "./recorded-change.ts";
import { startingGrants } from "./starting-grants.ts";

interface Change {
  readonly before: StoredAgent;
  readonly tools: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** "all" are the house's own, with what an agent was given beside them: a plugin's tools are given by name. */
const isWished =
  (before: StoredAgent, wish: readonly string[] | "all") =>
  ({ name, plugin }: Pick<ToolManifest, "name" | "plugin">): boolean =>
    wish === "all" ? plugin === undefined || before.capabilities.includes(name) : wish.includes(name);

/** Names in an agent's list that are of a plugin which is installed and does not run now: they keep their place. */
const restingIn = async (
  { store }: House,
  by: Principal,
  { capabilities }: StoredAgent,
  known: readonly string[],
): Promise<Result<readonly string[]>> => {
  const missing = capabilities.filter((name) => !known.includes(name));
  if (missing.length === 0) return ok([]);
  const installed = await store.packages.list(houseScope(by));
  if (!installed.ok) return installed;
  const plugins = installed.value.filter(({ kind }) => kind === "plugin");
  return ok(missing.filter((tool) => plugins.some(({ name }) => tool.startsWith(`${name}.`))));
};

const changeOf = async (
  house: House,
  by: Principal,
  before: StoredAgent,
  wish: readonly string[] | "all",
): Promise<Result<Change>> => {
  const catalog = house.tools.catalog();
  const known = catalog.map(({ name }): string => name);
  const resting = await restingIn(house, by, before, known);
  if (!resting.ok) return resting;
  const all = [...known, ...resting.value];
  const unknown = wish === "all" ? undefined : wish.find((name) => !all.includes(name));
  if (unknown !== undefined) return err(moltbotError("TOOL_UNKNOWN", { tool: unknown }));
  const tools = [
    ...catalog.filter(isWished(before, wish)).map(({ name }): string => name),
    ...resting.value.filter((name) => wish === "all" || wish.includes(name)),
  ];
  return ok({
    before,
    tools,
    added: tools.filter((name) => !before.capabilities.includes(name)),
    removed: before.capabilities.filter((name) => !tools.includes(name)),
  });
};

/** Also those that others, with whom the agent is shared, granted it for their own turns: nothing of a tool stays to come back with it. */
const revokeGrants = async (
  house: House,
  { capabilities }: Repositories,
  by: Principal,
  { before, removed }: Change,
): Promise<Result<void>> => {
  const scope = houseScope(by);
  const held = await capabilities.ofHolders(scope, [before.id]);
  if (!held.ok) return held;
  for (const { id, tool } of held.value) {
    if (!removed.includes(tool)) continue;
    const revoked = await capabilities.revoke(scope, id, house.clock.now());
    if (!revoked.ok) return revoked;
  }
  return done;
};

const store = (house: House, by: Principal, change: Change): Promise<Result<StoredAgent>> =>
  house.store.atomically<StoredAgent>(async (repositories) => {
    const scope = ownScope(by);
    const { id, capabilities: held } = change.before;
    const stop = await repositories.stops.current(scope);
    if (!stop.ok) return stop;
    if (stop.value !== null || house.halted())
      return err(moltbotError("EVERYTHING_STOPPED", { since: stop.value?.at ?? house.clock.now() }));
    const now = await repositories.agents.find(scope, id);
    if (!now.ok) return now;
    if (now.value.capabilities.join(" ") !== held.join(" ")) return err(moltbotError("CONFLICT", { kind: "agent" }));
    // A plugin that was removed since the look must not stay in a list, for another one of its name to find.
    const gone = change.added.find((tool) => !house.tools.catalog().some(({ name }) => name === tool));
    if (gone !== undefined) return err(moltbotError("TOOL_UNKNOWN", { tool: gone }));
    const set = await repositories.agents.setTools(scope, id, change.tools);
    if (!set.ok) return set;
    const revoked = await revokeGrants(house, repositories, by, change);
    if (!revoked.ok) return revoked;
    const epoch = await repositories.capabilities.epoch(scope);
    if (!epoch.ok) return epoch;
    for (const capability of startingGrants(house, by, id, change.added, epoch.value)) {
      const granted = await repositories.capabilities.create(scope, capability);
      if (!granted.ok) return granted;
    }
    return set;
  });

/**
 * Sets which tools an agent may ask for, recorded first, in one transaction: with one that is added come the grants that a new agent
 * starts with, and with one that is taken away all of its grants go. Whoever may edit the agent takes away; only its owner adds, because
 * what is added may happen unasked in their turns. A turn under way loses what is taken away, and gains nothing. EVERYTHING_STOPPED
 * while a stop is in force, as for a new agent.
 */
export const setAgentTools = async (
  house: House,
  by: Principal,
  id: AgentId,
  wish: readonly string[] | "all",
): Promise<Result<StoredAgent>> => {
  const agent = await agentFor(house.store, by, id, "edit");
  if (!agent.ok) return agent;
  const change = await changeOf(house, by, agent.value, wish);
  if (!change.ok) return change;
  const { added, removed } = change.value;
  if (added.length > 0 && agent.value.ownerId !== by.id)
    return err(moltbotError("ACCESS_DENIED", { right: "add tools to", kind: "agent" }));
  if (added.length + removed.length === 0) return agent;
  const stored = await recordedChange(house, {
    event: {
      event: "agent:tools",
      actor: by.id,
      fields: { agentId: id, added: added.join(" "), removed: removed.join(" ") },
    },
    widens: true,
    change: () => store(house, by, change.value),
  });
  if (stored.ok) house.takenAway?.note(id, change.value);
  return stored;
};
