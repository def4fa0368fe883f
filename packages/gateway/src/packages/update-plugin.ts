import { err, moltbotError } from "@moltbot/contracts";
import type { PackageLock, PluginName, Principal, Result } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { recordedChange } from "../recorded-change.ts";
import { findSound } from "./find-plugin.ts";
import { judgeArrival } from "./judge-arrival.ts";
import { goesOn, mayTake } from "./may-take.ts";
import { readArchive, readArrival } from "./open-archive.ts";
import type { Arrival } from "./open-archive.ts";
import { choicesFor } from "./plugin-choices.ts";
import type { PackageParts } from "./ports.ts";
import { replacePlugin, runnableOf } from "./replace-plugin.ts";
import type { Replacement } from "./replace-plugin.ts";
import { sayChanged } from "./say-changed.ts";

interface Coming {
  readonly arrival: Arrival;
  readonly digest: string | null;
  readonly lock: PackageLock | undefined;
}

/** An update beside what it updates, after everything that speaks against it was heard. */
interface JudgedUpdate extends Replacement {
  readonly widens: readonly string[];
}

const judgeUpdate = async (
  parts: PackageParts,
  by: Principal,
  name: PluginName,
  { arrival, digest, lock }: Coming,
): Promise<Result<JudgedUpdate>> => {
  const { content, signature } = arrival.opened;
  if (content.kind !== "plugin" || content.manifest.name !== name)
    return err(moltbotError("PACKAGE_INVALID", { problem: `it is ${content.manifest.name}, not ${name}` }));
  const before = await findSound(parts, by, name);
  if (!before.ok) return before;
  const judged = await judgeArrival(parts, by, arrival, lock);
  if (!judged.ok) return judged;
  const taken = mayTake(judged.value, { digest, anyway: true });
  if (!taken.ok) return taken;
  const { difference } = judged.value.judgement;
  if (difference === null || signature === null) return err(moltbotError("NOT_FOUND", { kind: "plugin" }));
  const { stored } = before.value;
  const after = runnableOf(
    {
      ...stored,
      version: content.manifest.version,
      digest: arrival.digest,
      signer: signature.key,
      archive: arrival.bytes,
      choices: choicesFor(content.manifest, stored.choices),
      waiting: null,
      updatedAt: parts.house.clock.now(),
    },
    content,
  );
  return after.ok
    ? { ok: true, value: { before: before.value, after: after.value, widens: difference.widens } }
    : after;
};

const eventOf = (event: string, by: Principal, { before, after }: Replacement) => ({
  event,
  actor: by.id,
  fields: {
    plugin: after.manifest.name,
    from: before.stored.version,
    version: after.stored.version,
    digest: after.stored.digest,
    signer: after.stored.signer,
  },
});

/** Keeps an update beside the installed one; nothing of it is run. */
const keepWaiting = (parts: PackageParts, by: Principal, { before, after }: Replacement): Promise<Result<void>> =>
  recordedChange(parts.house, {
    event: eventOf("plugin:waits", by, { before, after }),
    widens: true,
    change: () => parts.house.store.packages.put(houseScope(by), { ...before.stored, waiting: after.stored.archive }),
  });

const replaced = (parts: PackageParts, by: Principal, event: string, update: Replacement): Promise<Result<void>> =>
  recordedChange(parts.house, {
    event: eventOf(event, by, update),
    widens: true,
    change: () => replacePlugin(parts, by, update),
  });

/** Takes an update at once where it may do no more than the installed one; otherwise it is kept until somebody says yes to it. */
export const updatePlugin = async (
  parts: PackageParts,
  by: Principal,
  {
    name,
    archive,
    lock,
  }: { readonly name: PluginName; readonly archive: string; readonly lock?: PackageLock | undefined },
): Promise<Result<void>> => {
  const free = await goesOn(parts.house, parts.house.store, houseScope(by));
  if (!free.ok) return free;
  const arrival = readArchive(parts, archive);
  if (!arrival.ok) return arrival;
  const update = await judgeUpdate(parts, by, name, { arrival: arrival.value, digest: null, lock });
  if (!update.ok) return update;
  const changed =
    update.value.widens.length > 0
      ? await keepWaiting(parts, by, update.value)
      : await replaced(parts, by, "plugin:updated", update.value);
  if (changed.ok) await sayChanged(parts, by, "plugin", name);
  return changed;
};

/** Says yes to the update that waits, by its digest; it is judged once more, by what is trusted and installed now. */
export const acceptUpdate = async (
  parts: PackageParts,
  by: Principal,
  { name, digest }: { readonly name: PluginName; readonly digest: string },
): Promise<Result<void>> => {
  const before = await findSound(parts, by, name);
  if (!before.ok) return before;
  const { waiting } = before.value.stored;
  if (waiting === null) return err(moltbotError("NOT_FOUND", { kind: "update" }));
  const arrival = readArrival(parts, waiting);
  if (!arrival.ok) return arrival;
  const update = await judgeUpdate(parts, by, name, { arrival: arrival.value, digest, lock: undefined });
  if (!update.ok) return update;
  const changed = await replaced(parts, by, "plugin:accepted", update.value);
  if (changed.ok) await sayChanged(parts, by, "plugin", name);
  return changed;
};
