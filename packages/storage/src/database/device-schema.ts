import type { DeviceId, Instant, PrincipalId, TenantId } from "@moltbot/contracts";
import type { JsonText } from "./schema.ts";

interface OwnedByPerson {
  tenant_id: TenantId;
  owner_id: PrincipalId;
  audience: JsonText<readonly PrincipalId[]>;
}

export interface DeviceTable extends OwnedByPerson {
  id: DeviceId;
  thumbprint: string;
  /** Its name and its public key. */
  entry: Uint8Array;
  refresh_verifier: string;
  /** The one before, and when it was replaced: it stays good for a moment. */
  previous_verifier: string | null;
  rotated_at: Instant | null;
  paired_at: Instant;
  last_seen_at: Instant | null;
  idle_until: Instant;
  expires_at: Instant;
  revoked_at: Instant | null;
}
export interface SpentRefreshTable extends OwnedByPerson {
  verifier: string;
  device_id: DeviceId;
}
export interface PairingTable extends OwnedByPerson {
  verifier: string;
  expires_at: Instant;
  used_at: Instant | null;
}
