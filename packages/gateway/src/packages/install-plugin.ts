import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AgentId,
  PackageLock,
  PluginChoices,
  PluginName,
  Principal,
  Result,
  StoredPackage,
  ToolManifest,
} from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { recordedChange } from "../recorded-change.ts";
import { judgeArrival } from "./judge-arrival.ts";
import { goesOn, mayTake } from "./may-take.ts";
import { programOf, readArchive } from "./open-archive.ts";
import { checkChoices, choicesFor } from "./plugin-choices.ts";
import { giveTools, ownAgents } from "./plugin-grants.ts";
import type { PackageParts } from "./ports.ts";
import { sayChanged } from "./say-changed.ts";

export interface InstallWish {
  /** Base64 (RFC 4648, section 4). */
  readonly archive: string;
  /** The one that was looked at. */
  readonly digest: string;
  readonly agents: readonly AgentId[];
  readonly choices: PluginChoices;
  readonly lock?: PackageLock | undefined;
  readonly anyway: boolean;
}

/** The tools of a loaded plugin. */
export const toolsOf = ({ host }: Pick<PackageParts, "host">, name: string): readonly ToolManifest[] =>
  host
    .tools()
    .map(({ manifest }) => manifest)
    .filter(({ plugin }) => plugin?.name === name);

/** A new package's row. */
const rowOf = (
  { house, hash }: PackageParts,
  by: Principal,
  {
    bytes,
    choices,
    ...of
  }: Pick<StoredPackage, "kind" | "name" | "version" | "signer" | "choices"> & {
    readonly bytes: Uint8Array;
  },
): StoredPackage => ({
  ...of,
  tenantId: by.tenantId,
  digest: hash(bytes),
  archive: bytes,
  choices,
  enabled: true,
  waiting: null,
  installedAt: house.clock.now(),
  installedBy: by.id,
  updatedAt: house.clock.now(),
});

interface Taking {
  readonly row: StoredPackage;
  readonly agents: readonly AgentId[];
}

const keep = (parts: PackageParts, by: Principal, { row, agents: wished }: Taking): Promise<Result<void>> =>
  parts.house.store.atomically<void>(async (repositories) => {
    const free = await goesOn(parts.house, repositories, houseScope(by));
    if (!free.ok) return free;
    const put = await repositories.packages.put(houseScope(by), row);
    if (!put.ok) return put;
    const agents = await ownAgents(repositories, by, wished);
    if (!agents.ok) return agents;
    for (const agent of agents.value) {
      const given = await giveTools(parts, repositories, by, agent.id, toolsOf(parts, row.name));
      if (!given.ok) return given;
    }
    return put;
  });

/**
 * Installs a plugin that was looked at, and gives its tools to agents of whoever installs it, recorded first, in one transaction. What
 * it reads needs no question, what it fetches none for the hosts that were shown, and what it sends always asks.
 */
export const installPlugin = async (
  parts: PackageParts,
  by: Principal,
  wish: InstallWish,
): Promise<Result<PluginName>> => {
  const arrival = readArchive(parts, wish.archive);
  if (!arrival.ok) return arrival;
  const program = programOf(arrival.value.opened);
  if (!program.ok) return program;
  const judged = await judgeArrival(parts, by, arrival.value, wish.lock);
  if (!judged.ok) return judged;
  const taken = mayTake(judged.value, wish);
  if (!taken.ok) return taken;
  const { manifest, source } = program.value;
  const { bytes, digest, opened } = arrival.value;
  const { name, version } = manifest;
  if (judged.value.before !== null)
    return err(moltbotError("PACKAGE_NAME_TAKEN", { name, by: "it is installed; a newer one comes as an update" }));
  const known = await ownAgents(parts.house.store, by, wish.agents);
  if (!known.ok) return known;
  const { signature } = opened;
  if (signature === null) return err(moltbotError("PACKAGE_UNSIGNED", { name }));
  const left = checkChoices(manifest, wish.choices);
  if (!left.ok) return left;
  const choices = choicesFor(manifest, wish.choices);
  const row = rowOf(parts, by, { kind: "plugin", name, version, signer: signature.key, choices, bytes });
  const installed = await recordedChange(parts.house, {
    event: {
      event: "plugin:installed",
      actor: by.id,
      fields: { plugin: name, version, digest, signer: signature.key, agents: wish.agents.join(" ") },
      details: { hosts: choices.hosts.join(" ") },
    },
    widens: true,
    change: async () => {
      // Its tools are there before any agent may ask for one: no list names them yet.
      const loaded = parts.host.load({ manifest, choices, digest, source });
      if (!loaded.ok) return loaded;
      const kept = await keep(parts, by, { row, agents: wish.agents });
      if (!kept.ok) await parts.host.unload(name);
      return kept;
    },
  });
  if (!installed.ok) return installed;
  for (const { id } of known.value)
    parts.house.takenAway?.note(id, { added: toolsOf(parts, name).map((tool) => tool.name), removed: [] });
  await sayChanged(parts, by, "plugin", name);
  return ok(name);
};
