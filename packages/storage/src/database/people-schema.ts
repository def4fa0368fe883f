import type {
  AccessRight,
  Grantee,
  Instant,
  OwnRole,
  MessageId,
  PrincipalId,
  RoleId,
  PromptId,
  Share,
  ShareId,
  SharedObject,
  TeamId,
  TenantId,
} from "@moltbot/contracts";
import type { JsonText } from "./schema.ts";

export interface TeamTable {
  id: TeamId;
  tenant_id: TenantId;
  /** Its name, sealed: a team is nobody's own. */
  entry: Uint8Array;
  created_at: Instant;
}
/** A role of the house's own. */
export interface RoleTable {
  id: RoleId;
  tenant_id: TenantId;
  /** A MAC of its name without regard to case: no two of a tenant are alike. */
  name_mac: string;
  /** Its name, sealed: a role is nobody's own. */
  entry: Uint8Array;
  base: OwnRole["base"];
  operations: JsonText<OwnRole["operations"]>;
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
  /** Of a conversation: the last message that is shared. */
  up_to: MessageId | null;
}
export interface PromptTable {
  id: PromptId;
  tenant_id: TenantId;
  owner_id: PrincipalId;
  /** JSON: nobody but the owner; others see it by a share. */
  audience: string;
  /** Its name, its text and whose words the text is. */
  entry: Uint8Array;
  created_at: Instant;
  updated_at: Instant;
}
