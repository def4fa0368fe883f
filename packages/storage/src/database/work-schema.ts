import type {
  CallId,
  ConversationId,
  Firing,
  Instant,
  Job,
  JobId,
  OutboxId,
  OutboxItem,
  PrincipalId,
  Schedule,
  ScheduleId,
  TenantId,
} from "@moltbot/contracts";
import type { Generated } from "kysely";

interface OwnedAlone {
  tenant_id: TenantId;
  owner_id: PrincipalId;
  /** JSON: nobody but the owner. */
  audience: string;
}

export interface JobTable extends OwnedAlone {
  ordinal: Generated<number>;
  id: JobId;
  kind: string;
  payload: Uint8Array;
  /** A MAC of the idempotency key under its owner's key. */
  key_mac: string | null;
  state: Job["state"];
  run_at: Instant;
  attempts: number;
  most_attempts: number;
  problem: Uint8Array | null;
  fence: number;
  lease_until: Instant | null;
  lease_holder: number | null;
  created_at: Instant;
  updated_at: Instant;
}
export interface ScheduleTable extends OwnedAlone {
  id: ScheduleId;
  /** A MAC of the name under its owner's key. */
  name_mac: string;
  /** Name, expression, time zone and payload, sealed. */
  entry: Uint8Array;
  kind: string;
  missed: Schedule["missed"];
  active: number;
  next_at: Instant | null;
  created_at: Instant;
}
export interface FiringTable extends OwnedAlone {
  schedule_id: ScheduleId;
  at: Instant;
  state: Firing["state"];
  job_id: JobId | null;
  settled_at: Instant | null;
  problem: Uint8Array | null;
}
export interface OutboxTable extends OwnedAlone {
  ordinal: Generated<number>;
  id: OutboxId;
  conversation_id: ConversationId | null;
  call_id: CallId | null;
  kind: string;
  payload: Uint8Array;
  repeatable: number;
  state: OutboxItem["state"];
  attempts: number;
  problem: Uint8Array | null;
  /** The process that is sending it. */
  holder: number | null;
  /** What has to be tried again waits until then. */
  not_before: Instant | null;
  created_at: Instant;
  updated_at: Instant;
}
