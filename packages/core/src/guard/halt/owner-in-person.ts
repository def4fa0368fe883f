import { done, err, moltbotError } from "@moltbot/contracts";
import type { AccessScope, Principal, Result } from "@moltbot/contracts";

/** ROLE_INSUFFICIENT for anybody but an owner in person: never an agent, whatever it was granted. */
export const isOwnerInPerson = (by: Principal): Result<void> =>
  by.kind === "person" && by.role === "owner"
    ? done
    : err(moltbotError("ROLE_INSUFFICIENT", { required: "owner", role: by.role }));

/** A stop is for the whole tenant. */
export const tenantScope = (by: Principal): AccessScope => ({
  tenantId: by.tenantId,
  principalId: by.id,
  reach: "tenant",
});
