import { roleSuffices } from "@moltbot/contracts";
import type { PrincipalId, SecretId, SecretInfo, TenantId } from "@moltbot/contracts";
import type { SecretNames } from "@moltbot/execution/tools";
import { houseScope } from "./keep-house.ts";
import { mayUseSecret } from "./object-access.ts";
import type { Judging } from "./object-access.ts";

/** Whether a person may use somebody's own secret, from what is on record at that moment; before the house knows its tenant nobody may. */
export const useOfSecret =
  (store: Judging, tenant: () => TenantId | null) =>
  async (person: PrincipalId, secret: { readonly id: SecretId; readonly ownerId: PrincipalId }): Promise<boolean> => {
    const tenantId = tenant();
    return tenantId !== null && mayUseSecret(store, { id: person, tenantId }, secret);
  };

/** Secrets as tools may name them: a person's own, and the house's for whoever keeps it. What cannot be read is a no. */
export const secretNames = (parts: {
  readonly store: Pick<Judging, "people">;
  readonly secrets: { named(ownerId: PrincipalId | null, name: string): Pick<SecretInfo, "id"> | null };
  readonly tenant: () => TenantId | null;
}): SecretNames => ({
  ownNamed: (person, name) => parts.secrets.named(person, name)?.id ?? null,
  mayUseHouse: async (id) => {
    const tenantId = parts.tenant();
    if (tenantId === null) return false;
    const person = await parts.store.people.find(houseScope({ tenantId, id }), id);
    return person.ok && person.value.state === "active" && roleSuffices(person.value.role, "admin");
  },
});
