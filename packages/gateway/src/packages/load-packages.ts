import { done } from "@moltbot/contracts";
import type { Principal, Result, StoredPackage, StoredSigner } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { checkStored } from "./open-archive.ts";
import { load, runnableOf } from "./replace-plugin.ts";
import type { SkillParts } from "./skills-desk.ts";

const loadOne = (parts: SkillParts, stored: StoredPackage, signers: readonly StoredSigner[]): Result<void> => {
  const sound = checkStored(parts, stored, signers);
  if (!sound.ok) return sound;
  const { content } = sound.value.opened;
  if (content.kind === "skill") {
    parts.shelf.put({ manifest: content.manifest, files: content.files, signer: stored.signer });
    return done;
  }
  const runnable = runnableOf(stored, content);
  if (!runnable.ok) return runnable;
  return stored.enabled ? load(parts, runnable.value) : done;
};

/**
 * Loads what is installed, each after its digest and its signature were checked again by the keys that are trusted today. What is not
 * what was installed stays out, and is no reason to keep the house closed.
 */
export const loadPackages = async (parts: SkillParts, owner: Principal): Promise<void> => {
  const { store, log } = parts.house;
  const installed = await store.packages.list(houseScope(owner));
  if (!installed.ok) return log.error("packages cannot be read: none is loaded", { code: installed.error.code });
  const lost = await store.packages.unreadable(houseScope(owner));
  if (lost.ok && lost.value > 0) log.error("packages cannot be opened any more", { packages: lost.value });
  const signers = await store.signers.list(houseScope(owner));
  if (!signers.ok) return log.error("signers cannot be read: no package is loaded", { code: signers.error.code });
  for (const stored of installed.value) {
    const loaded = loadOne(parts, stored, signers.value);
    const { kind, name } = stored;
    if (!loaded.ok) log.error("a package is not loaded", { kind, name, code: loaded.error.code });
  }
};
