import type {
  AccessRight,
  Grantee,
  Instant,
  PrincipalId,
  Share,
  ShareId,
  SharedObject,
  TeamId,
  TenantId,
} from "@moltbot/contracts";

export interface TeamTable {
  id: TeamId;
  tenant_id: TenantId;
  /** Its name, sealed: a team is nobody's own. */
  entry: Uint8Array;
  created_at: Instant;
}
export interface TeamMemberTable {
  team_id: TeamId;
  person_id: PrincipalId;
  tenant_id: TenantId;
}
/** The owner is whose the object is. */
export interface ShareTable extends Record<`can_${AccessRight}`, 0 | 1> {
  id: ShareId;
  tenant_id: TenantId;
  owner_id: PrincipalId;
  /** JSON: nobody but the owner. */
  audience: string;
  object_type: SharedObject["type"];
  object_id: SharedObject["id"];
  effect: Share["effect"];
  grantee_kind: Grantee["kind"];
  /** Of everyone: the tenant. */
  grantee_id: PrincipalId | TeamId | TenantId;
  shared_by: PrincipalId;
  at: Instant;
}
