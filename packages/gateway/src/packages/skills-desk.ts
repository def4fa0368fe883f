import { done, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AgentId,
  Capability,
  PackageLock,
  Principal,
  Repositories,
  Result,
  SkillName,
  StoredAgent,
  StoredPackage,
} from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { recordedChange } from "../recorded-change.ts";
import { judgeArrival } from "./judge-arrival.ts";
import { goesOn, mayTake } from "./may-take.ts";
import { readArchive } from "./open-archive.ts";
import { giveTools, holds, ownAgents, revokeAll, standingGrants } from "./plugin-grants.ts";
import type { PackageParts } from "./ports.ts";
import { sayChanged } from "./say-changed.ts";
import type { SkillShelf } from "./skill-shelf.ts";
import { SKILL_TOOLS, agentsWith, namesSkill, skillGrants } from "./skill-grants.ts";

export type SkillParts = PackageParts & { readonly shelf: SkillShelf };

export interface SkillWish {
  /** Base64 (RFC 4648, section 4). */
  readonly archive: string;
  /** The one that was looked at. */
  readonly digest: string;
  readonly agents: readonly AgentId[];
  readonly lock?: PackageLock | undefined;
  readonly anyway: boolean;
}

/** Grants of one's own that give this skill, in force. */
export const grantsGiving = async (
  { house }: SkillParts,
  repositories: Repositories,
  by: Principal,
  name: string,
): Promise<Result<readonly Capability[]>> => {
  const grants = await standingGrants(
    repositories,
    by,
    (one) => one.issuedBy === by.id && namesSkill(one, name) && holds(one, house.clock.now()),
  );
  if (!grants.ok) return grants;
  const epoch = await repositories.capabilities.epoch(ownScope(by));
  return epoch.ok ? ok(grants.value.filter((one) => one.epoch >= epoch.value)) : epoch;
};

/** Gives a skill to agents of one's own that do not have it yet, with the tools to read it. Part of a transaction. */
const giveSkill = async (
  parts: SkillParts,
  repositories: Repositories,
  by: Principal,
  name: SkillName,
  agents: readonly StoredAgent[],
): Promise<Result<void>> => {
  const held = await grantsGiving(parts, repositories, by, name);
  if (!held.ok) return held;
  const has = agentsWith(name, held.value);
  const epoch = await repositories.capabilities.epoch(ownScope(by));
  if (!epoch.ok) return epoch;
  const tools = parts.house.tools.catalog().filter((tool) => SKILL_TOOLS.includes(tool.name));
  for (const agent of agents) {
    const given = await giveTools(parts, repositories, by, agent.id, tools);
    if (!given.ok) return given;
    if (has.includes(agent.id)) continue;
    for (const grant of skillGrants(parts.house, by, agent.id, name, epoch.value)) {
      const granted = await repositories.capabilities.create(ownScope(by), grant);
      if (!granted.ok) return granted;
    }
  }
  return done;
};

/** Installs a skill that was looked at, or a newer one in place of it, and gives it to agents of one's own: recorded first, in one transaction. */
export const installSkill = async (parts: SkillParts, by: Principal, wish: SkillWish): Promise<Result<SkillName>> => {
  const arrival = readArchive(parts, wish.archive);
  if (!arrival.ok) return arrival;
  const { content, signature } = arrival.value.opened;
  if (content.kind !== "skill") return err(moltbotError("PACKAGE_INVALID", { problem: "it is a plugin, no skill" }));
  const judged = await judgeArrival(parts, by, arrival.value, wish.lock);
  if (!judged.ok) return judged;
  const taken = mayTake(judged.value, wish);
  if (!taken.ok) return taken;
  const { name, version } = content.manifest;
  if (signature === null) return err(moltbotError("PACKAGE_UNSIGNED", { name }));
  const { before } = judged.value;
  const now = parts.house.clock.now();
  const row: StoredPackage = {
    tenantId: by.tenantId,
    kind: "skill",
    name,
    version,
    digest: arrival.value.digest,
    signer: signature.key,
    archive: arrival.value.bytes,
    choices: { hosts: [], secrets: {} },
    enabled: true,
    waiting: null,
    installedAt: before?.installedAt ?? now,
    installedBy: before?.installedBy ?? by.id,
    updatedAt: now,
  };
  const installed = await recordedChange(parts.house, {
    event: {
      event: before === null ? "skill:installed" : "skill:updated",
      actor: by.id,
      fields: { skill: name, version, digest: row.digest, signer: row.signer, agents: wish.agents.join(" ") },
    },
    widens: true,
    change: () =>
      parts.house.store.atomically<void>(async (repositories) => {
        const free = await goesOn(parts.house, repositories, houseScope(by));
        if (!free.ok) return free;
        const agents = await ownAgents(repositories, by, wish.agents);
        if (!agents.ok) return agents;
        const put = await repositories.packages.put(houseScope(by), row);
        return put.ok ? giveSkill(parts, repositories, by, name, agents.value) : put;
      }),
  });
  if (!installed.ok) return installed;
  parts.shelf.put({ manifest: content.manifest, files: content.files, signer: row.signer });
  noteGiven(parts, wish.agents);
  await sayChanged(parts, by, "skill", name);
  return ok(name);
};

/** A turn that is under way has them from now on too. */
const noteGiven = ({ house }: SkillParts, agents: readonly AgentId[]): void => {
  for (const id of agents) house.takenAway?.note(id, { added: SKILL_TOOLS, removed: [] });
};

/** Sets which of one's own agents may read a skill; what others gave to theirs stays. */
export const changeSkill = async (
  parts: SkillParts,
  by: Principal,
  { name, agents: wished }: { readonly name: SkillName; readonly agents: readonly AgentId[] },
): Promise<Result<void>> => {
  const changed = await recordedChange(parts.house, {
    event: { event: "skill:given", actor: by.id, fields: { skill: name, agents: wished.join(" ") } },
    widens: true,
    change: () =>
      parts.house.store.atomically<void>(async (repositories) => {
        const free = await goesOn(parts.house, repositories, houseScope(by));
        if (!free.ok) return free;
        const known = await repositories.packages.find(houseScope(by), "skill", name);
        if (!known.ok) return known;
        const agents = await ownAgents(repositories, by, wished);
        if (!agents.ok) return agents;
        const grants = await standingGrants(
          repositories,
          by,
          (one) => one.issuedBy === by.id && namesSkill(one, name) && !wished.includes(one.holder),
        );
        if (!grants.ok) return grants;
        const revoked = await revokeAll(parts, repositories, by, grants.value);
        return revoked.ok ? giveSkill(parts, repositories, by, name, agents.value) : revoked;
      }),
  });
  if (!changed.ok) return changed;
  noteGiven(parts, wished);
  await sayChanged(parts, by, "skill", name);
  return done;
};

/** Removes a skill with everybody's grants to read it. */
export const removeSkill = async (
  parts: SkillParts,
  by: Principal,
  { name }: { readonly name: SkillName },
): Promise<Result<Record<string, never>>> => {
  const removed = await recordedChange(parts.house, {
    event: { event: "skill:removed", actor: by.id, fields: { skill: name } },
    widens: false,
    change: () =>
      parts.house.store.atomically<void>(async (repositories) => {
        const gone = await repositories.packages.remove(houseScope(by), "skill", name);
        if (!gone.ok) return gone;
        const grants = await standingGrants(repositories, by, (one) => namesSkill(one, name));
        return grants.ok ? revokeAll(parts, repositories, by, grants.value) : grants;
      }),
  });
  if (!removed.ok) return removed;
  parts.shelf.remove(name);
  await sayChanged(parts, by, "skill", name);
  return ok({});
};
