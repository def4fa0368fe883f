import type { PrincipalId, SecretId, TenantId } from "@moltbot/contracts";
import { mayUseSecret } from "./object-access.ts";
import type { Judging } from "./object-access.ts";

/** Whether a person may use somebody's own secret, from what is on record at that moment; before the house knows its tenant nobody may. */
export const useOfSecret =
  (store: Judging, tenant: () => TenantId | null) =>
  async (person: PrincipalId, secret: { readonly id: SecretId; readonly ownerId: PrincipalId }): Promise<boolean> => {
    const tenantId = tenant();
    return tenantId !== null && mayUseSecret(store, { id: person, tenantId }, secret);
  };
