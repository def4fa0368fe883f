import type { Principal, Result, StoredPackage } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { checkStored } from "./open-archive.ts";
import type { PackageParts } from "./ports.ts";
import { runnableOf } from "./replace-plugin.ts";
import type { Runnable } from "./replace-plugin.ts";

/** The row of an installed plugin; NOT_FOUND. */
export const findPlugin = (
  { house }: Pick<PackageParts, "house">,
  by: Pick<Principal, "id" | "tenantId">,
  name: string,
): Promise<Result<StoredPackage>> => house.store.packages.find(houseScope(by), "plugin", name);

/** An installed plugin, checked anew; PACKAGE_ALTERED or SIGNER_UNKNOWN where it is not what was installed. */
export const findSound = async (parts: PackageParts, by: Principal, name: string): Promise<Result<Runnable>> => {
  const stored = await findPlugin(parts, by, name);
  if (!stored.ok) return stored;
  const signers = await parts.house.store.signers.list(houseScope(by));
  if (!signers.ok) return signers;
  const sound = checkStored(parts, stored.value, signers.value);
  return sound.ok ? runnableOf(stored.value, sound.value.opened.content) : sound;
};
