import { PLUGIN_GRANT, done, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AgentId,
  PluginName,
  Principal,
  Repositories,
  Result,
  StoredAgent,
  ToolManifest,
} from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { recordedChange } from "../recorded-change.ts";
import { findPlugin } from "./find-plugin.ts";
import { toolsOf } from "./install-plugin.ts";
import { goesOn } from "./may-take.ts";
import { grantTools, holds, isToolOf, ownAgents, revokeAll, standingGrants } from "./plugin-grants.ts";
import type { PackageParts } from "./ports.ts";

interface Giving {
  readonly name: PluginName;
  readonly agents: readonly AgentId[];
}

/** What became of one agent's list. */
interface Turned {
  readonly agent: AgentId;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

const toolNames = (manifests: readonly ToolManifest[]): readonly string[] => manifests.map(({ name }) => name);

/** Takes every tool of it from an agent, with all grants of them, whoever gave these. Part of a transaction. */
const takeFrom = async (
  parts: PackageParts,
  repositories: Repositories,
  by: Principal,
  { id, capabilities }: StoredAgent,
  isIts: (tool: string) => boolean,
): Promise<Result<Turned>> => {
  const grants = await standingGrants(repositories, by, ({ holder, tool }) => holder === id && isIts(tool));
  if (!grants.ok) return grants;
  const revoked = await revokeAll(parts, repositories, by, grants.value);
  if (!revoked.ok) return revoked;
  const left = capabilities.filter((tool) => !isIts(tool));
  const set = left.length === capabilities.length ? done : await repositories.agents.setTools(ownScope(by), id, left);
  return set.ok ? ok({ agent: id, added: [], removed: capabilities.filter(isIts) }) : set;
};

/** Gives an agent every tool of it, with the grants that it has not: those of before a stop do not count. Part of a transaction. */
const giveTo = async (
  parts: PackageParts,
  repositories: Repositories,
  by: Principal,
  { id, capabilities }: StoredAgent,
  manifests: readonly ToolManifest[],
): Promise<Result<Turned>> => {
  const added = toolNames(manifests).filter((name) => !capabilities.includes(name));
  const set =
    added.length === 0 ? done : await repositories.agents.setTools(ownScope(by), id, [...capabilities, ...added]);
  if (!set.ok) return set;
  const epoch = await repositories.capabilities.epoch(ownScope(by));
  if (!epoch.ok) return epoch;
  const now = parts.house.clock.now();
  const held = await standingGrants(
    repositories,
    by,
    (one) => one.holder === id && one.reason === PLUGIN_GRANT && one.epoch >= epoch.value && holds(one, now),
  );
  if (!held.ok) return held;
  const lacking = manifests.filter(({ name }) => !held.value.some(({ tool }) => tool === name));
  const granted = await grantTools(parts, repositories, by, id, lacking);
  return granted.ok ? ok({ agent: id, added, removed: [] }) : granted;
};

const turn = (
  parts: PackageParts,
  by: Principal,
  { name, agents: wished }: Giving,
): Promise<Result<readonly Turned[]>> =>
  parts.house.store.atomically<readonly Turned[]>(async (repositories) => {
    const isIts = isToolOf(name);
    if (wished.length > 0) {
      const free = await goesOn(parts.house, repositories, houseScope(by));
      if (!free.ok) return free;
    }
    const all = await repositories.agents.list(ownScope(by));
    if (!all.ok) return all;
    const given = await ownAgents(repositories, by, wished);
    if (!given.ok) return given;
    const others = all.value.filter(({ id, ownerId }) => ownerId === by.id && !wished.includes(id));
    const turned: Turned[] = [];
    for (const agent of others) {
      const taken = await takeFrom(parts, repositories, by, agent, isIts);
      if (!taken.ok) return taken;
      turned.push(taken.value);
    }
    for (const agent of given.value) {
      const gave = await giveTo(parts, repositories, by, agent, toolsOf(parts, name));
      if (!gave.ok) return gave;
      turned.push(gave.value);
    }
    return ok(turned);
  });

/**
 * Sets which of the caller's own agents have the tools of a plugin, as if it were installed for these today: recorded first, in one
 * transaction. What others gave to theirs stays. PLUGIN_STOPPED where one that does not run would be given.
 */
export const givePlugin = async (parts: PackageParts, by: Principal, giving: Giving): Promise<Result<void>> => {
  const { name, agents } = giving;
  const stored = await findPlugin(parts, by, name);
  if (!stored.ok) return stored;
  if (agents.length > 0 && !stored.value.enabled)
    return err(moltbotError("PLUGIN_STOPPED", { plugin: name, problem: "it was stopped" }));
  const turned = await recordedChange(parts.house, {
    event: { event: "plugin:given", actor: by.id, fields: { plugin: name, agents: agents.join(" ") } },
    widens: agents.length > 0,
    change: () => turn(parts, by, giving),
  });
  if (!turned.ok) return turned;
  for (const { agent, ...change } of turned.value)
    if (change.added.length + change.removed.length > 0) parts.house.takenAway?.note(agent, change);
  return done;
};
