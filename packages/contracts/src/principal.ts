import { z } from "zod";
import { PrincipalId, TenantId } from "./ids.ts";

export const PRINCIPAL_KINDS = ["person", "agent", "plugin", "workflow", "server"] as const;
/** What a person may do through the API, weakest first. */
export const ROLES = ["viewer", "member", "owner"] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Who acts. It exists only after `identity` has verified a session, a token or the local socket. */
export const Principal = z.strictObject({
  id: PrincipalId,
  tenantId: TenantId,
  kind: z.enum(PRINCIPAL_KINDS),
  name: z.string(),
  role: Role,
});
export type Principal = Readonly<z.infer<typeof Principal>>;

/**
 * How far a repository call may reach. `own`: rows the principal owns or belongs to the audience of; `tenant`: every row of
 * the tenant; `system`: every row, for recovery and schedules alone. Every repository method takes one first.
 */
export interface AccessScope {
  readonly tenantId: TenantId;
  readonly principalId: PrincipalId;
  readonly reach: "own" | "tenant" | "system";
}

/** The scope of what a principal may see as itself. */
export const ownScope = (principal: Pick<Principal, "id" | "tenantId">): AccessScope =>
  Object.freeze({ tenantId: principal.tenantId, principalId: principal.id, reach: "own" });

/** Whether `role` is at least `required`. */
export const roleSuffices = (role: Role, required: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(required);
