import { ok } from "@moltbot/contracts";
import type { PluginName, Principal, Result } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { recordedChange } from "../recorded-change.ts";
import { findPlugin, findSound } from "./find-plugin.ts";
import { isToolOf, revokeAll, standingGrants, supersedeQuestions, takeTools } from "./plugin-grants.ts";
import type { LostTools } from "./plugin-grants.ts";
import type { PackageParts } from "./ports.ts";
import { load } from "./replace-plugin.ts";
import { sayChanged } from "./say-changed.ts";

/** What went with a plugin: things it kept, grants of its tools. */
export interface Removed {
  readonly items: number;
  readonly grants: number;
}

const takeOut = (
  parts: PackageParts,
  by: Principal,
  name: PluginName,
): Promise<Result<Removed & { readonly lost: readonly LostTools[] }>> =>
  parts.house.store.atomically(async (repositories) => {
    const isIts = isToolOf(name);
    const removed = await repositories.packages.remove(houseScope(by), "plugin", name);
    if (!removed.ok) return removed;
    const grants = await standingGrants(repositories, by, ({ tool }) => isIts(tool));
    if (!grants.ok) return grants;
    const revoked = await revokeAll(parts, repositories, by, grants.value);
    if (!revoked.ok) return revoked;
    const lost = await takeTools(repositories, by, isIts);
    if (!lost.ok) return lost;
    const asked = await supersedeQuestions(repositories, by, isIts);
    if (!asked.ok) return asked;
    return ok({ items: removed.value.items, grants: grants.value.length, lost: lost.value });
  });

/** Turns that waited for an answer about its tools go on, and hear that the tool is gone. */
const wakeWaiting = async ({ house }: PackageParts): Promise<void> => {
  const woken = await house.store.turns.wakeAnswered(house.clock.now());
  if (!woken.ok) return house.log.error("turns cannot be woken", { code: woken.error.code });
  if (woken.value.length > 0) house.wake();
};

/**
 * Removes a plugin: its processes first, then in one transaction its file, what it kept for anybody, every grant of its tools, their
 * names in every agent's list, and what was asked about them. Nothing of it comes back with one of the same name.
 */
export const removePlugin = async (
  parts: PackageParts,
  by: Principal,
  { name }: { readonly name: PluginName },
): Promise<Result<Removed & { readonly name: PluginName }>> => {
  const stored = await findPlugin(parts, by, name);
  // What cannot be read any more can be removed all the same.
  if (!stored.ok && stored.error.code === "NOT_FOUND") return stored;
  const { version, digest, enabled } = stored.ok ? stored.value : { version: null, digest: null, enabled: false };
  const removed = await recordedChange(parts.house, {
    event: { event: "plugin:removed", actor: by.id, fields: { plugin: name, version, digest } },
    widens: false,
    change: async () => {
      await parts.host.unload(name);
      const gone = await takeOut(parts, by, name);
      if (gone.ok || !enabled) return gone;
      const still = await findSound(parts, by, name);
      if (still.ok) load(parts, still.value);
      return gone;
    },
  });
  if (!removed.ok) return removed;
  const { items, grants, lost } = removed.value;
  for (const one of lost) parts.house.takenAway?.note(one.agent, { added: [], removed: one.removed });
  await wakeWaiting(parts);
  await sayChanged(parts, by, "plugin", name);
  return ok({ name, items, grants });
};
