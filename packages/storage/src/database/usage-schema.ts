import type { PrincipalId, TenantId, Usage, UsageEntry } from "@moltbot/contracts";
import type { Generated } from "kysely";
import type { JsonText } from "./schema.ts";

/** What one subject used of one thing on one day; the owner is who may see it, null where that is whoever keeps the house. */
export interface UsageTable {
  tenant_id: TenantId;
  owner_id: PrincipalId | null;
  /** JSON: nobody but the owner. */
  audience: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  subject_kind: Usage["subject"]["kind"];
  subject_id: string;
  unit: Usage["unit"];
  amount: number;
}
/** What takes at most this much and is under way; the holder is the process that began it. */
export interface UsageBegunTable {
  ordinal: Generated<number>;
  holder: number;
  entries: JsonText<readonly UsageEntry[]>;
}
