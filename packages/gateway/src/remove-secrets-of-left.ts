import { ok } from "@moltbot/contracts";
import type { Principal, Repositories, Result } from "@moltbot/contracts";
import { houseScope } from "./keep-house.ts";
import type { SecretStore } from "./operations/ports.ts";

/**
 * Removes the own secrets of people who left, where an earlier process ended between the two; returns how many there were. They were
 * lent to nobody any more, but a vault must not keep what its owner took leave of.
 */
export const removeSecretsOfLeft = async (
  { people }: Pick<Repositories, "people">,
  secrets: Pick<SecretStore, "list" | "removeAllOf">,
  by: Pick<Principal, "id" | "tenantId">,
): Promise<Result<number>> => {
  const owners = new Set(secrets.list().flatMap(({ ownerId }) => ownerId ?? []));
  if (owners.size === 0) return ok(0);
  const everybody = await people.list(houseScope(by));
  if (!everybody.ok) return everybody;
  let removed = 0;
  for (const { id, state } of everybody.value) {
    if (state !== "left" || !owners.has(id)) continue;
    const gone = await secrets.removeAllOf(id);
    if (!gone.ok) return gone;
    removed += gone.value;
  }
  return ok(removed);
};
