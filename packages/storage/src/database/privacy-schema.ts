import type {
  AttachmentId,
  BackupId,
  BackupInfo,
  ConversationId,
  ErasureId,
  Instant,
  PrincipalId,
  TenantId,
} from "@moltbot/contracts";

interface OwnedRow {
  tenant_id: TenantId;
  owner_id: PrincipalId;
  /** JSON. */
  audience: string;
}

export interface AttachmentTable extends OwnedRow {
  id: AttachmentId;
  conversation_id: ConversationId;
  /** Where its bytes lie: a MAC of them under the keys of its conversation and owner. */
  address: string;
  bytes: number;
  /** Name, media type and label, sealed. */
  entry: Uint8Array;
  created_at: Instant;
}
export interface ErasureTable extends OwnedRow {
  id: ErasureId;
  at: Instant;
  /** The keyring that is without the erased keys. */
  generation: number;
  certificate: Uint8Array;
}
export interface CopyTable extends OwnedRow {
  id: BackupId;
  kind: BackupInfo["kind"];
  at: Instant;
  bytes: number;
  row_count: number;
  generation: number;
  /** The file's path, sealed. */
  place: Uint8Array;
}
