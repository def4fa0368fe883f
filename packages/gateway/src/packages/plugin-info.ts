import { PluginManifest, PluginName, effectOf, ok, ownScope } from "@moltbot/contracts";
import type { PluginInfo, Principal, Result, StoredAgent, StoredPackage, StoredSigner } from "@moltbot/contracts";
import { differenceOf, touchesOf } from "@moltbot/core/packages";
import { houseScope } from "../keep-house.ts";
import { checkStored, readArrival } from "./open-archive.ts";
import type { SoundPackage } from "./open-archive.ts";
import { isToolOf } from "./plugin-grants.ts";
import type { PackageParts } from "./ports.ts";

/** Stands for a manifest of which nothing can be believed any more. */
const unreadable = ({ name, version }: StoredPackage): PluginManifest =>
  PluginManifest.parse({
    manifest: 1,
    name,
    version,
    title: name,
    description: "It is not what was installed, so nothing that it says is shown.",
    tools: [],
  });

const manifestOf = (stored: StoredPackage, sound: Result<SoundPackage>): PluginManifest =>
  sound.ok && sound.value.opened.content.kind === "plugin" ? sound.value.opened.content.manifest : unreadable(stored);

const waitingOf = (parts: PackageParts, stored: StoredPackage, sound: Result<SoundPackage>): PluginInfo["waiting"] => {
  if (stored.waiting === null || !sound.ok) return null;
  const arrival = readArrival(parts, stored.waiting);
  if (!arrival.ok) return null;
  const { content } = arrival.value.opened;
  return {
    version: content.manifest.version,
    digest: arrival.value.digest,
    widens: differenceOf(sound.value.opened.content, content).widens,
  };
};

/** How one plugin stands, for whoever owns these agents. */
const infoOf = (
  parts: PackageParts,
  stored: StoredPackage,
  signers: readonly StoredSigner[],
  agents: readonly StoredAgent[],
): PluginInfo => {
  const sound = checkStored(parts, stored, signers);
  const manifest = manifestOf(stored, sound);
  const { processes, problem: resting } = parts.host.standing(stored.name);
  const isLoaded = parts.host.tools().some(({ manifest: tool }) => tool.plugin?.name === stored.name);
  const missing = manifest.tools.length > 0 && !isLoaded ? "it could not be loaded" : null;
  const problem = sound.ok ? (resting ?? missing) : sound.error.message;
  const state = stored.enabled ? "ready" : "stopped";
  const isFaulty = !sound.ok || (stored.enabled && problem !== null);
  return {
    name: PluginName.parse(stored.name),
    version: stored.version,
    digest: stored.digest,
    signer: { key: stored.signer, name: signers.find(({ key }) => key === stored.signer)?.name ?? "" },
    manifest,
    choices: stored.choices,
    effect: effectOf(manifest),
    touches: sound.ok ? touchesOf(sound.value.opened.content, stored.choices) : [],
    state: isFaulty ? "faulty" : state,
    problem: isFaulty ? problem : null,
    processes,
    agents: agents.filter(({ capabilities }) => capabilities.some(isToolOf(stored.name))).map(({ id }) => id),
    waiting: waitingOf(parts, stored, sound),
    installedAt: stored.installedAt,
    updatedAt: stored.updatedAt,
  };
};

/** Every plugin as it stands at this moment, checked anew; what is faulty says why. */
export const listPlugins = async (parts: PackageParts, by: Principal): Promise<Result<readonly PluginInfo[]>> => {
  const { packages, signers, agents } = parts.house.store;
  const scope = houseScope(by);
  const [installed, trusted, mine] = await Promise.all([
    packages.list(scope),
    signers.list(scope),
    agents.list(ownScope(by)),
  ]);
  if (!installed.ok) return installed;
  if (!trusted.ok) return trusted;
  if (!mine.ok) return mine;
  const own = mine.value.filter(({ ownerId }) => ownerId === by.id);
  return ok(
    installed.value.filter(({ kind }) => kind === "plugin").map((stored) => infoOf(parts, stored, trusted.value, own)),
  );
};
