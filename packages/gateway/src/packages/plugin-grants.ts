import { done, err, millisecondsOf, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AgentId,
  Capability,
  Principal,
  Repositories,
  Result,
  StoredAgent,
  ToolManifest,
} from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { startingGrants } from "../starting-grants.ts";
import type { PackageParts } from "./ports.ts";

type Granting = Pick<PackageParts, "house">;

/** Whether a tool's name is a plugin's. */
export const isToolOf =
  (plugin: string) =>
  (tool: string): boolean =>
    tool.startsWith(`${plugin}.`);

/** The caller's own agents of these ids, each once; ACCESS_DENIED for one that is only shared with them. */
export const ownAgents = async (
  { agents }: Pick<Repositories, "agents">,
  by: Principal,
  ids: readonly AgentId[],
): Promise<Result<readonly StoredAgent[]>> => {
  const found: StoredAgent[] = [];
  for (const id of new Set(ids)) {
    const agent = await agents.find(ownScope(by), id);
    if (!agent.ok) return agent;
    if (agent.value.ownerId !== by.id)
      return err(moltbotError("ACCESS_DENIED", { right: "add tools to", kind: "agent" }));
    found.push(agent.value);
  }
  return ok(found);
};

/** Adds tools to an agent of one's own, with the grants that they come with. Part of a transaction. */
export const giveTools = async (
  { house }: Granting,
  repositories: Repositories,
  by: Principal,
  id: AgentId,
  manifests: readonly ToolManifest[],
): Promise<Result<void>> => {
  if (manifests.length === 0) return done;
  const found = await repositories.agents.find(ownScope(by), id);
  if (!found.ok) return found;
  const agent = found.value;
  const added = manifests.map(({ name }): string => name).filter((name) => !agent.capabilities.includes(name));
  if (added.length === 0) return done;
  const set = await repositories.agents.setTools(ownScope(by), agent.id, [...agent.capabilities, ...added]);
  if (!set.ok) return set;
  return grantTools(
    { house },
    repositories,
    by,
    agent.id,
    manifests.filter(({ name }) => added.includes(name)),
  );
};

/** The grants that tools come with, for an agent of one's own. Part of a transaction. */
export const grantTools = async (
  { house }: Granting,
  { capabilities }: Pick<Repositories, "capabilities">,
  by: Principal,
  agent: AgentId,
  manifests: readonly ToolManifest[],
): Promise<Result<void>> => {
  const scope = ownScope(by);
  const epoch = await capabilities.epoch(scope);
  if (!epoch.ok) return epoch;
  const names = manifests.map(({ name }) => name);
  const making = { ...house, tools: { ...house.tools, catalog: () => manifests } };
  for (const capability of startingGrants(making, by, agent, names, epoch.value)) {
    const granted = await capabilities.create(scope, capability);
    if (!granted.ok) return granted;
  }
  return done;
};

/** Every standing grant that fits, of everybody, also of before a stop: what is stopped may come back, and this must not. */
export const standingGrants = async (
  { capabilities }: Pick<Repositories, "capabilities">,
  by: Principal,
  fits: (capability: Capability) => boolean,
): Promise<Result<readonly Capability[]>> => {
  const all = await capabilities.list(houseScope(by));
  return all.ok ? ok(all.value.filter((one) => one.revokedAt === null && fits(one))) : all;
};

/** Revokes them all. Part of a transaction. */
export const revokeAll = async (
  { house }: Granting,
  { capabilities }: Pick<Repositories, "capabilities">,
  by: Principal,
  revoked: readonly Capability[],
): Promise<Result<void>> => {
  for (const { id } of revoked) {
    const gone = await capabilities.revoke(houseScope(by), id, house.clock.now());
    if (!gone.ok) return gone;
  }
  return done;
};

/** What became of an agent's list. */
export interface LostTools {
  readonly agent: AgentId;
  readonly removed: readonly string[];
}

/** Takes tools out of every agent's list, whoever's it is. Part of a transaction. */
export const takeTools = async (
  { agents }: Pick<Repositories, "agents">,
  by: Principal,
  isGone: (tool: string) => boolean,
): Promise<Result<readonly LostTools[]>> => {
  const scope = houseScope(by);
  const all = await agents.list(scope);
  if (!all.ok) return all;
  const lost: LostTools[] = [];
  for (const { id, capabilities } of all.value) {
    const removed = capabilities.filter(isGone);
    if (removed.length === 0) continue;
    const set = await agents.setTools(
      scope,
      id,
      capabilities.filter((tool) => !isGone(tool)),
    );
    if (!set.ok) return set;
    lost.push({ agent: id, removed });
  }
  return ok(lost);
};

const MOST_QUESTIONS = 10_000;

/** Questions about a tool that is gone can be answered by nobody any more, and an answer that was given is worth nothing. Part of a transaction. */
export const supersedeQuestions = async (
  { approvals }: Pick<Repositories, "approvals">,
  by: Principal,
  isGone: (tool: string) => boolean,
): Promise<Result<void>> => {
  const scope = houseScope(by);
  for (const state of ["pending", "allowed"] as const) {
    const open = await approvals.list(scope, state, MOST_QUESTIONS);
    if (!open.ok) return open;
    for (const { id, question } of open.value) {
      if (!isGone(question.tool)) continue;
      const moved = await approvals.move(scope, id, state, "superseded", {});
      if (!moved.ok && moved.error.code !== "APPROVAL_ALREADY_ANSWERED") return moved;
    }
  }
  return done;
};

/** Whether a grant is in force, as far as time and revocation say. */
export const holds = ({ expiresAt, revokedAt }: Capability, now: Parameters<typeof millisecondsOf>[0]): boolean =>
  revokedAt === null && (expiresAt === "never" || millisecondsOf(expiresAt) > millisecondsOf(now));
