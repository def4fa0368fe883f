import { PLUGIN_GRANT, done, effectOf, err, hostsOf, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AgentId,
  Capability,
  PackageContent,
  PluginChoices,
  PluginManifest,
  PluginPermission,
  Principal,
  Repositories,
  Result,
  StoredAgent,
  StoredPackage,
  ToolManifest,
} from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { toolsOf } from "./install-plugin.ts";
import { goesOn } from "./may-take.ts";
import {
  giveTools,
  grantTools,
  isToolOf,
  revokeAll,
  standingGrants,
  supersedeQuestions,
  takeTools,
} from "./plugin-grants.ts";
import type { LostTools } from "./plugin-grants.ts";
import type { PackageParts } from "./ports.ts";

/** A plugin as it can be run: what it says of itself, what was chosen for it, and its program. */
export interface Runnable {
  readonly stored: StoredPackage;
  readonly manifest: PluginManifest;
  readonly source: string;
}

/** The one that is installed, and the one that takes its place. */
export interface Replacement {
  readonly before: Runnable;
  readonly after: Runnable;
}

const isPlugin = (content: PackageContent): content is Extract<PackageContent, { kind: "plugin" }> =>
  content.kind === "plugin";

/** Of what was checked; PACKAGE_INVALID for a skill, and without a program. */
export const runnableOf = (stored: StoredPackage, content: PackageContent): Result<Runnable> => {
  const main = isPlugin(content) ? content.files.find(({ path }) => path === content.manifest.main) : undefined;
  return isPlugin(content) && main !== undefined && "text" in main
    ? ok({ stored, manifest: content.manifest, source: main.text })
    : err(moltbotError("PACKAGE_INVALID", { problem: "it has no program" }));
};

export const load = ({ host }: Pick<PackageParts, "host">, { stored, manifest, source }: Runnable): Result<void> =>
  host.load({ manifest, choices: stored.choices, digest: stored.digest, source });

/** What of a permission a grant is about, beside the hosts. */
const reachOfPermission = (permission: PluginPermission, { secrets }: PluginChoices): string => {
  switch (permission.kind) {
    case "http":
      return JSON.stringify(["http", permission.methods.toSorted()]);
    case "secret":
      return JSON.stringify(["secret", permission.host, secrets[permission.name] ?? permission.name]);
    case "tools":
      return JSON.stringify(["tools", permission.names.toSorted()]);
    case "storage":
    case "events":
      return permission.kind;
  }
};

/** What a grant of its tools is about, but for their names: another reach makes every grant one for something else. */
const reachOf = (manifest: PluginManifest, choices: PluginChoices): string =>
  JSON.stringify([
    effectOf(manifest),
    hostsOf(manifest, choices),
    manifest.permissions.map((permission) => reachOfPermission(permission, choices)).toSorted(),
  ]);

const namesOf = ({ manifest }: Runnable): readonly string[] =>
  manifest.tools.map(({ name }) => `${manifest.name}.${name}`);

/** The caller's own agents to which the plugin was given with its grants. */
const grantedTo = (by: Principal, grants: readonly Capability[]): ReadonlySet<AgentId> =>
  new Set(
    grants.filter(({ issuedBy, reason }) => issuedBy === by.id && reason === PLUGIN_GRANT).map(({ holder }) => holder),
  );

/** What of grants, lists and questions does not fit any more, taken away. */
interface Trimmed {
  readonly lost: readonly LostTools[];
  /** Of the caller's own agents: those that had tools of it, and those of them whose grants come anew. */
  readonly users: readonly StoredAgent[];
  readonly regranted: ReadonlySet<AgentId>;
}

/**
 * Whether nothing came with the one before because its calls leave the house, and nothing of the next one's does. One that still
 * fetches goes on asking: that it says less gives it no way out unasked, as a yes at its installation would have.
 */
const leavesNoMore = ({ before, after }: Replacement): boolean =>
  effectOf(before.manifest) === "send" && effectOf(after.manifest) === "read";

/** Takes away the grants, names and questions of tools that are gone; where it reaches other things, all of its grants. */
const trim = async (
  parts: PackageParts,
  repositories: Repositories,
  by: Principal,
  { before, after }: Replacement,
): Promise<Result<Trimmed>> => {
  const isIts = isToolOf(after.manifest.name);
  const isGone = (tool: string): boolean => isIts(tool) && !namesOf(after).includes(tool);
  const isOther = reachOf(before.manifest, before.stored.choices) !== reachOf(after.manifest, after.stored.choices);
  const grants = await standingGrants(repositories, by, ({ tool }) => isIts(tool));
  if (!grants.ok) return grants;
  const unfit = grants.value.filter(({ tool }) => isOther || isGone(tool));
  const revoked = await revokeAll(parts, repositories, by, unfit);
  if (!revoked.ok) return revoked;
  const agents = await repositories.agents.list(ownScope(by));
  if (!agents.ok) return agents;
  const lost = await takeTools(repositories, by, isGone);
  if (!lost.ok) return lost;
  const asked = await supersedeQuestions(repositories, by, isOther ? isIts : isGone);
  if (!asked.ok) return asked;
  return ok({
    lost: lost.value,
    users: agents.value.filter((agent) => agent.ownerId === by.id && agent.capabilities.some(isIts)),
    regranted: isOther ? grantedTo(by, grants.value) : new Set(),
  });
};

/**
 * Fits grants and lists to what takes the place. Where it reaches other hosts or does something else than before, every grant of its
 * tools goes, and the caller's own agents get those that they would get today, where they had them or none came then; otherwise only
 * those of tools that are gone.
 */
const fitGrants = async (
  parts: PackageParts,
  repositories: Repositories,
  by: Principal,
  replacement: Replacement,
  manifests: readonly ToolManifest[],
): Promise<Result<readonly LostTools[]>> => {
  const trimmed = await trim(parts, repositories, by, replacement);
  if (!trimmed.ok) return trimmed;
  const { before } = replacement;
  const added = manifests.filter(({ name }) => !namesOf(before).includes(name));
  for (const { id, capabilities } of trimmed.value.users) {
    const held = manifests.filter(({ name }) => capabilities.includes(name));
    const again = trimmed.value.regranted.has(id) || leavesNoMore(replacement);
    const renewed = again ? await grantTools(parts, repositories, by, id, held) : done;
    if (!renewed.ok) return renewed;
    const given = await giveTools(parts, repositories, by, id, added);
    if (!given.ok) return given;
  }
  return ok(trimmed.value.lost);
};

/**
 * Puts one in the place of the other, with its grants and lists, in one transaction; what runs is ended. When it fails the one before
 * is there again. One that was stopped stays so.
 */
export const replacePlugin = async (
  parts: PackageParts,
  by: Principal,
  replacement: Replacement,
): Promise<Result<void>> => {
  const { before, after } = replacement;
  const loaded = load(parts, after);
  if (!loaded.ok) return loaded;
  const { name } = after.manifest;
  const manifests = toolsOf(parts, name);
  // What a person stopped is called by nobody, not even for as long as a transaction takes.
  if (!after.stored.enabled) await parts.host.unload(name);
  const kept = await parts.house.store.atomically<readonly LostTools[]>(async (repositories) => {
    const free = await goesOn(parts.house, repositories, houseScope(by));
    if (!free.ok) return free;
    const put = await repositories.packages.put(houseScope(by), after.stored);
    return put.ok ? fitGrants(parts, repositories, by, replacement, manifests) : put;
  });
  if (!kept.ok) {
    if (before.stored.enabled) load(parts, before);
    return kept;
  }
  for (const { agent, removed } of kept.value) parts.house.takenAway?.note(agent, { added: [], removed });
  return done;
};
