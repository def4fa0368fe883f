import { done, err, moltbotError, roleSuffices } from "@moltbot/contracts";
import type { AccessScope, Principal, Result, Role } from "@moltbot/contracts";

/** ROLE_INSUFFICIENT for anybody but a person of at least that role: never an agent, whatever it was granted. */
export const isInPerson = (by: Principal, required: Role): Result<void> =>
  by.kind === "person" && roleSuffices(by.role, required)
    ? done
    : err(moltbotError("ROLE_INSUFFICIENT", { required, role: by.role }));

/** ROLE_INSUFFICIENT for anybody but an owner in person. */
export const isOwnerInPerson = (by: Principal): Result<void> => isInPerson(by, "owner");

/** A stop is for the whole tenant. */
export const tenantScope = (by: Principal): AccessScope => ({
  tenantId: by.tenantId,
  principalId: by.id,
  reach: "tenant",
});
