import type {
  AgentId,
  Approval,
  ApprovalId,
  CallId,
  CallRecord,
  Capability,
  CapabilityId,
  Contact,
  ContactId,
  ConversationId,
  DecisionId,
  DecisionRecord,
  Instant,
  MemoryId,
  Message,
  MessageId,
  PersonState,
  PlanId,
  Principal,
  PrincipalId,
  Readers,
  Reminder,
  ReminderId,
  Role,
  RoleId,
  SessionId,
  Stop,
  StopId,
  StoredAgent,
  StoredToken,
  TenantId,
  TokenId,
  ToolName,
  Turn,
  TurnId,
} from "@moltbot/contracts";
import type { Generated } from "kysely";
import type { PromptTable, RoleTable, ShareTable, TeamMemberTable, TeamTable } from "./people-schema.ts";
import type { DeviceTable, PairingTable, SpentRefreshTable } from "./device-schema.ts";
import type { PackageTable, PluginItemTable, SignerTable } from "./package-schema.ts";
import type { AttachmentTable, CopyTable, ErasureTable } from "./privacy-schema.ts";
import type { UsageBegunTable, UsageTable } from "./usage-schema.ts";
import type { FiringTable, JobTable, OutboxTable, ScheduleTable } from "./work-schema.ts";

declare const jsonOf: unique symbol;
/** JSON text of a `T`; `toJson` and `fromJson` are the only ways in and out. */
export type JsonText<T> = string & { readonly [jsonOf]: T };

/** Writes a value as JSON text. */
export const toJson = <T>(value: T): JsonText<T> => JSON.stringify(value) as JsonText<T>; // the brand is made here alone
/** Reads what `toJson` wrote. */
export const fromJson = <T>(text: JsonText<T>): T => JSON.parse(text) as T; // written by toJson, on a page whose tag was verified

/** What every row carries for the visibility predicate. */
export interface Owned {
  tenant_id: TenantId;
  owner_id: PrincipalId;
  audience: JsonText<readonly PrincipalId[]>;
}

export interface FactTable {
  name: string;
  value: string;
}
export interface PrincipalTable extends Owned {
  id: PrincipalId;
  ordinal: number;
  kind: Principal["kind"];
  /** Its name; empty once the person was erased. */
  entry: Uint8Array;
  role: Role;
  /** The role of the house's own that narrows `role`. */
  own_role_id: RoleId | null;
  state: PersonState;
  created_at: Instant;
}
export interface TokenTable extends Owned {
  id: TokenId;
  role: Role;
  entry: Uint8Array;
  verifier: string;
  /** JSON; null: whatever its role may. */
  scopes: JsonText<StoredToken["scopes"]> | null;
  integrity: StoredToken["integrity"];
  created_at: Instant;
  expires_at: Instant;
  revoked_at: Instant | null;
  last_used_at: Instant | null;
  /** JSON; null: requests with it need no signature. */
  key: JsonText<StoredToken["key"]> | null;
  made_with: TokenId | null;
  /** Null: no limit. */
  tokens_per_day: number | null;
  /** Millionths; null: no limit. */
  money_per_day: number | null;
}
export interface SessionTable extends Owned {
  id: SessionId;
  verifier: string;
  created_at: Instant;
  idle_until: Instant;
  expires_at: Instant;
  revoked_at: Instant | null;
  last_seen_at: Instant | null;
}
export interface SignInLinkTable extends Owned {
  verifier: string;
  strong: 0 | 1;
  expires_at: Instant;
  used_at: Instant | null;
}
export interface AgentTable extends Owned {
  id: AgentId;
  entry: Uint8Array;
  reading: StoredAgent["reading"];
  created_at: Instant;
}
export interface ConversationTable extends Owned {
  id: ConversationId;
  agent_id: AgentId;
  /** Title and names of branches. */
  entry: Uint8Array;
  /** Where the branches stand, in the order of their names in the entry. */
  heads: JsonText<readonly (MessageId | null)[]>;
  created_at: Instant;
  updated_at: Instant;
}
export interface MessageTable extends Owned {
  id: MessageId;
  conversation_id: ConversationId;
  parent_id: MessageId | null;
  role: Message["role"];
  author: Message["author"];
  turn_id: TurnId | null;
  entry: Uint8Array;
  state: Message["state"];
  created_at: Instant;
}
export interface ApprovalTable extends Owned {
  id: ApprovalId;
  conversation_id: ConversationId;
  turn_id: TurnId;
  call_id: CallId;
  agent_id: AgentId;
  entry: Uint8Array;
  state: Approval["state"];
  created_at: Instant;
  expires_at: Instant;
  answered_by: PrincipalId | null;
  answered_at: Instant | null;
  scope: Approval["scope"];
  reason: Uint8Array | null;
  edited: Uint8Array | null;
}
export interface CapabilityTable extends Owned {
  id: CapabilityId;
  holder: AgentId;
  tool: ToolName;
  entry: Uint8Array;
  expires_at: Capability["expiresAt"];
  parent: CapabilityId | null;
  epoch: number;
  issued_by: PrincipalId;
  issued_at: Instant;
  revoked_at: Instant | null;
  used_count: Generated<number>;
  used_bytes: Generated<number>;
  /** The sums by name; null while there are none. */
  used_entry: Generated<Uint8Array | null>;
}
export interface CapabilityUseTable extends Owned {
  capability_id: CapabilityId;
  call_id: CallId;
  at: Instant;
  bytes: number;
  /** Amounts by name; null when there are none. */
  entry: Uint8Array | null;
}
export interface EpochTable {
  tenant_id: TenantId;
  epoch: number;
}
export interface CallTable extends Owned {
  call_id: CallId;
  turn_id: TurnId;
  conversation_id: ConversationId;
  agent_id: AgentId;
  tool: string;
  entry: Uint8Array;
  state: CallRecord["state"];
  updated_at: Instant;
}
export interface DecisionTable extends Owned {
  ordinal: Generated<number>;
  id: DecisionId;
  conversation_id: ConversationId;
  turn_id: TurnId;
  call_id: CallId;
  agent_id: AgentId;
  tool: string;
  at: Instant;
  kind: DecisionRecord["kind"];
  rule: string;
  code: string | null;
  input: Uint8Array;
}
export interface PlanTable extends Owned {
  ordinal: Generated<number>;
  id: PlanId;
  conversation_id: ConversationId;
  turn_id: TurnId;
  agent_id: AgentId;
  /** How many there are. */
  steps: number;
  plan: Uint8Array;
  committed_at: Instant;
  expires_at: Instant;
}
export interface PlanStepTable extends Owned {
  plan_id: PlanId;
  step: number;
  call_id: CallId;
}
export interface ContactTable extends Owned {
  id: ContactId;
  kind: Contact["kind"];
  /** A MAC of the canonical address under its owner's key. */
  address_mac: string;
  entry: Uint8Array;
  confirmed_at: Instant;
}
/** The owner is who stopped; everybody of the tenant may know that it is stopped. */
export interface StopTable extends Owned {
  id: StopId;
  surface: Stop["surface"];
  reason: Uint8Array | null;
  epoch: number;
  at: Instant;
  resumed_at: Instant | null;
  resumed_by: PrincipalId | null;
}
export interface FileLabelTable extends Owned {
  /** A MAC of the content's digest under its person's key. */
  content: string;
  entry: Uint8Array;
}
export interface ReminderTable extends Owned {
  id: ReminderId;
  agent_id: AgentId;
  conversation_id: ConversationId;
  call_id: CallId;
  entry: Uint8Array;
  due_at: Instant;
  state: Reminder["state"];
  created_at: Instant;
  fired_at: Instant | null;
}
export interface MemoryTable extends Owned {
  ordinal: Generated<number>;
  id: MemoryId;
  agent_id: AgentId;
  call_id: CallId;
  entry: Uint8Array;
  /** Of its label: who may know it. */
  readers: JsonText<Readers>;
  created_at: Instant;
}
export interface TurnTable extends Owned {
  ordinal: Generated<number>;
  id: TurnId;
  /** A MAC of the idempotency key under its person's key. */
  key_mac: string | null;
  conversation_id: ConversationId;
  agent_id: AgentId;
  authority: PrincipalId;
  user_message_id: MessageId;
  /** JSON; null: by nothing that has a budget of its own. */
  came_by: JsonText<NonNullable<Turn["cameBy"]>> | null;
  entry: Uint8Array;
  state: Turn["state"];
  steps: number;
  attempts: number;
  waiting_for: JsonText<Turn["waitingFor"]>;
  /** How it ended; null until then. */
  end_entry: Uint8Array | null;
  fence: number;
  lease_until: Instant | null;
  lease_holder: number | null;
  created_at: Instant;
  updated_at: Instant;
}
export interface AuditDetailsTable {
  sequence: number;
  leaf: string;
  subject: string;
  sealed: Uint8Array | null;
}

export interface MessageIndexTable {
  ordinal: number;
  message_id: MessageId;
}

/** Every table by its name. */
export interface Schema {
  facts: FactTable;
  principals: PrincipalTable;
  roles: RoleTable;
  teams: TeamTable;
  team_members: TeamMemberTable;
  shares: ShareTable;
  prompts: PromptTable;
  tokens: TokenTable;
  sessions: SessionTable;
  sign_in_links: SignInLinkTable;
  devices: DeviceTable;
  spent_refreshes: SpentRefreshTable;
  pairings: PairingTable;
  agents: AgentTable;
  conversations: ConversationTable;
  messages: MessageTable;
  message_index: MessageIndexTable;
  approvals: ApprovalTable;
  capabilities: CapabilityTable;
  capability_uses: CapabilityUseTable;
  epochs: EpochTable;
  calls: CallTable;
  decisions: DecisionTable;
  plans: PlanTable;
  plan_steps: PlanStepTable;
  contacts: ContactTable;
  stops: StopTable;
  file_labels: FileLabelTable;
  reminders: ReminderTable;
  memories: MemoryTable;
  turns: TurnTable;
  audit_details: AuditDetailsTable;
  jobs: JobTable;
  schedules: ScheduleTable;
  firings: FiringTable;
  outbox: OutboxTable;
  attachments: AttachmentTable;
  erasures: ErasureTable;
  copies: CopyTable;
  usage: UsageTable;
  usage_begun: UsageBegunTable;
  packages: PackageTable;
  signers: SignerTable;
  plugin_items: PluginItemTable;
}

/** A row as a query returns it. */
export type Row<T> = { readonly [K in keyof T]: T[K] extends Generated<infer V> ? V : T[K] };
