import { done, err, moltbotError } from "@moltbot/contracts";
import type { AgentId, PluginChoices, PluginName, Principal, Result, StoredPackage } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { recordedChange } from "../recorded-change.ts";
import { findPlugin, findSound } from "./find-plugin.ts";
import { givePlugin } from "./give-plugin.ts";
import { goesOn } from "./may-take.ts";
import { checkChoices, choicesFor } from "./plugin-choices.ts";
import type { PackageParts } from "./ports.ts";
import { load, replacePlugin } from "./replace-plugin.ts";
import { sayChanged } from "./say-changed.ts";

export interface ChangeWish {
  readonly name: PluginName;
  readonly enabled?: boolean | undefined;
  readonly hosts?: PluginChoices["hosts"] | undefined;
  readonly secrets?: PluginChoices["secrets"] | undefined;
  readonly agents?: readonly AgentId[] | undefined;
  readonly refuse: boolean;
}

const put = (parts: PackageParts, by: Principal, stored: StoredPackage): Promise<Result<void>> =>
  parts.house.store.packages.put(houseScope(by), { ...stored, updatedAt: parts.house.clock.now() });

const recorded = (
  parts: PackageParts,
  by: Principal,
  event: string,
  { name, widens }: { readonly name: string; readonly widens: boolean },
  change: () => Promise<Result<void>>,
): Promise<Result<void>> =>
  recordedChange(parts.house, { event: { event, actor: by.id, fields: { plugin: name } }, widens, change });

/** Ends what runs of it and takes its tools away, at once; what it keeps stays. Also of one that is faulty. */
const stop = async (parts: PackageParts, by: Principal, name: PluginName): Promise<Result<void>> => {
  const stored = await findPlugin(parts, by, name);
  if (!stored.ok) return stored;
  return recorded(parts, by, "plugin:stopped", { name, widens: false }, async () => {
    await parts.host.unload(name);
    return put(parts, by, { ...stored.value, enabled: false });
  });
};

/** Runs it again, however often it failed; what is not what was installed stays out. */
const start = async (parts: PackageParts, by: Principal, name: PluginName): Promise<Result<void>> => {
  const found = await findSound(parts, by, name);
  if (!found.ok) return found;
  return recorded(parts, by, "plugin:started", { name, widens: true }, async () => {
    const free = await goesOn(parts.house, parts.house.store, houseScope(by));
    if (!free.ok) return free;
    const kept = await put(parts, by, { ...found.value.stored, enabled: true });
    if (!kept.ok) return kept;
    parts.host.startAnew(name);
    return load(parts, found.value);
  });
};

/** Other hosts or secrets, where the manifest leaves them to the owner: what was granted for others is granted anew. */
const choose = async (
  parts: PackageParts,
  by: Principal,
  { name, hosts, secrets }: ChangeWish,
): Promise<Result<void>> => {
  const before = await findSound(parts, by, name);
  if (!before.ok) return before;
  const { stored, manifest } = before.value;
  const left = checkChoices(manifest, { hosts: hosts ?? [], secrets: secrets ?? {} });
  if (!left.ok) return left;
  const choices = choicesFor(manifest, {
    hosts: hosts ?? stored.choices.hosts,
    secrets: secrets ?? stored.choices.secrets,
  });
  const after = { ...before.value, stored: { ...stored, choices, updatedAt: parts.house.clock.now() } };
  return recordedChange(parts.house, {
    event: {
      event: "plugin:chosen",
      actor: by.id,
      fields: { plugin: name },
      details: { hosts: choices.hosts.join(" "), secrets: Object.values(choices.secrets).join(" ") },
    },
    widens: true,
    change: () => replacePlugin(parts, by, { before: before.value, after }),
  });
};

/** Throws away the update that waits; NOT_FOUND where none does. */
const refuse = async (parts: PackageParts, by: Principal, name: PluginName): Promise<Result<void>> => {
  const stored = await findPlugin(parts, by, name);
  if (!stored.ok) return stored;
  if (stored.value.waiting === null) return err(moltbotError("NOT_FOUND", { kind: "update" }));
  return recorded(parts, by, "plugin:refused", { name, widens: false }, () =>
    put(parts, by, { ...stored.value, waiting: null }),
  );
};

/** Does what is wished in the order that takes away first; the first failure ends it. */
export const changePlugin = async (parts: PackageParts, by: Principal, wish: ChangeWish): Promise<Result<void>> => {
  const { name, enabled, hosts, secrets, agents } = wish;
  const steps = [
    ...(wish.refuse ? [() => refuse(parts, by, name)] : []),
    ...(enabled === false ? [() => stop(parts, by, name)] : []),
    ...(hosts === undefined && secrets === undefined ? [] : [() => choose(parts, by, wish)]),
    ...(enabled === true ? [() => start(parts, by, name)] : []),
    ...(agents === undefined ? [] : [() => givePlugin(parts, by, { name, agents })]),
  ];
  const found = await findPlugin(parts, by, name);
  if (!found.ok) return found;
  for (const step of steps) {
    const changed = await step();
    if (!changed.ok) return changed;
  }
  await sayChanged(parts, by, "plugin", name);
  return done;
};
