import { z } from "zod";
import { AccessAnswer, AccessRight, Grantee, Share, SharedObject } from "../access.ts";
import { Agent, Reading } from "../agent.ts";
import { Approval, ApprovalAnswer, ApprovalMeasures, ApprovalState, GrantPreview } from "../approval.ts";
import { Attachment } from "../attachment.ts";
import { AuditHead, AuditProof, AuditRecord, AuditReport } from "../audit.ts";
import { BackupInfo, BackupReport } from "../backup.ts";
import { Capability, CapabilityWish, Constraint } from "../capability.ts";
import { Contact, ContactWish } from "../contact.ts";
import { Conversation, Message, QUOTE_KINDS } from "../conversation.ts";
import { DataFlowReport } from "../data-flow.ts";
import { Explanation, SimulationReport } from "../decision.ts";
import { Device, DeviceKey, DeviceTokens, SessionInfo } from "../device.ts";
import {
  AgentId,
  ApprovalId,
  AttachmentId,
  CapabilityId,
  ContactId,
  ConversationId,
  DeviceId,
  Digest,
  Instant,
  JobId,
  MemoryId,
  MessageId,
  PrincipalId,
  PromptId,
  ReminderId,
  RoleId,
  ScheduleId,
  SecretId,
  SessionId,
  ShareId,
  TeamId,
  TokenId,
  TurnId,
  CallId,
} from "../ids.ts";
import { ImportBatch, ImportReport } from "../imported.ts";
import { TurnState } from "../job.ts";
import { JsonValue } from "../json.ts";
import { KeptChange } from "../kept-change.ts";
import { ModelDescription } from "../model.ts";
import { VisibleName } from "../name.ts";
import { PackageLock, PackageReport, Signer } from "../package.ts";
import { SigningKey } from "../package-words.ts";
import { OwnRole, Person, PersonState, Team } from "../people.ts";
import { PluginChoices, PluginHost, PluginInfo, PluginName, PluginTrialAnswer, PluginTrialReport } from "../plugin.ts";
import { PolicyProblem } from "../ports/policy.ts";
import { OperationPattern, Principal, Role } from "../principal.ts";
import { Download, ErasureCertificate, InventoryEntry, PrivacySubject } from "../privacy.ts";
import { Prompt } from "../prompt.ts";
import { Provenance, ProvenanceRemoval } from "../provenance.ts";
import { Memory, Reminder } from "../reminder.ts";
import { SearchAbilities, SearchHit } from "../search.ts";
import { SECRET_KINDS, SecretHeader, SecretInfo } from "../secret.ts";
import { SkillInfo, SkillName } from "../skill.ts";
import { RESUME_GRANTS, ResumeReport, Stop, StopReport } from "../stop.ts";
import { ToolInfo } from "../tool.ts";
import { UsageReport } from "../usage.ts";
import { VaultStatus } from "../vault.ts";
import { Firing, JOB_STATES, Job, OUTBOX_STATES, OutboxItem, Schedule } from "../work.ts";
import { operation } from "./define.ts";

const nothing = z.strictObject({});
const limit = z.coerce.number().int().min(1).max(500).default(100);
/** One of the four, or the id of a role of the house's own. */
const AnyRole = z.union([Role, RoleId]);
/** `house`: the house's, which the owner alone may set; `me`: yours; an id: somebody's who lets you edit it. */
const SecretOwner = z.union([z.enum(["house", "me"]), SecretId]);

/** A package file in base64 (RFC 4648, section 4): at most 2 MiB of bytes. */
const packageFile = z.base64().min(4).max(2_796_208);
/** The digest that was looked at: what is sent must have it. */
const looked = z.string().regex(/^[0-9a-f]{64}$/);

/** What became of a message by the time of the answer. */
export const TurnReport = z.strictObject({
  turnId: TurnId,
  conversationId: ConversationId,
  state: TurnState,
  /** The person's own message as stored. */
  message: Message,
  /** The reply, or the notice that ends the turn; null while it runs or waits. */
  reply: Message.nullable(),
  /** Questions that wait for an answer. */
  approvals: z.array(Approval).readonly(),
});
export type TurnReport = Readonly<z.infer<typeof TurnReport>>;

export const Check = z.strictObject({
  name: z.string(),
  state: z.enum(["ok", "warning", "fault"]),
  says: z.string(),
  next: z.string().nullable(),
});
export type Check = Readonly<z.infer<typeof Check>>;

export const Status = z.strictObject({
  version: z.string(),
  address: z.string(),
  /** Where the data lies, for whoever keeps the house; null for everybody else. */
  home: z.string().nullable(),
  startedAt: Instant,
  /** How the vault is sealed, in words; where the key lies is for whoever keeps the house. */
  sealedBy: z.string(),
  model: ModelDescription,
  agents: z.int(),
  turns: z.record(z.string(), z.int()),
  pendingApprovals: z.int(),
  scheduledReminders: z.int(),
  /** Your work that gave up and was not taken up again. */
  deadJobs: z.int(),
  /** What of yours may or may not have happened: outcomes that a crash hid in the last 30 days. */
  unknownEffects: z.int(),
  /** Of everybody together, for whoever keeps the house; null for everybody else. */
  auditRecords: z.int().nullable(),
  residentBytes: z.int(),
  /** Whether programs can be run: `problem` says why not, as the last of the periodic checks of the wall found it. */
  sandbox: z.strictObject({ ready: z.boolean(), problem: z.string().nullable() }),
  /** The stop in force; null when nothing is stopped. */
  stopped: Stop.nullable(),
});
export type Status = Readonly<z.infer<typeof Status>>;

/** The operator's policy: its text, and what is wrong with it. */
export const Policy = z.strictObject({
  /** Empty: there is none. */
  text: z.string(),
  version: z.string(),
  problems: z.array(PolicyProblem).readonly(),
});
export type Policy = Readonly<z.infer<typeof Policy>>;

export const Setting = z.strictObject({
  key: z.string(),
  value: JsonValue,
  default: JsonValue,
  level: z.enum(["basic", "advanced", "expert"]),
  says: z.string(),
  /** Where the value in force comes from. */
  from: z.enum(["default", "file", "environment", "flag"]),
  /** Whether it takes effect only at a start. */
  restart: z.boolean(),
});
export type Setting = Readonly<z.infer<typeof Setting>>;

export const OPERATIONS = Object.freeze({
  "agents.list": operation({
    method: "GET",
    path: "/v2/agents",
    summary: "Lists the agents you may see.",
    input: nothing,
    output: z.array(Agent).readonly(),
    role: "viewer",
    object: "agent",
    effect: "read",
  }),
  "agents.create": operation({
    method: "POST",
    path: "/v2/agents",
    summary: "Creates an agent with its own workspace.",
    input: z.strictObject({
      name: VisibleName,
      model: z.string().min(1).max(200).default("default"),
      capabilities: z.array(z.string().max(64)).max(100).optional(),
    }),
    output: Agent,
    role: "member",
    object: "agent",
    effect: "write",
    status: 201,
  }),
  "agents.get": operation({
    method: "GET",
    path: "/v2/agents/{agentId}",
    summary: "Shows one agent.",
    input: z.strictObject({ agentId: AgentId }),
    output: Agent,
    role: "viewer",
    object: "agent",
    effect: "read",
  }),

  "messages.send": operation({
    method: "POST",
    path: "/v2/agents/{agentId}/messages",
    summary:
      "Sends a message and answers when the turn ended or waits for you; with `Accept: text/event-stream` it streams events and closes with `turn:report`.",
    input: z.strictObject({
      agentId: AgentId,
      content: z.string().max(100_000),
      /** A prompt to begin with: your own stands in your words, somebody else's as a quoted block of theirs. */
      promptId: PromptId.optional(),
      /** Words of somebody else that go with it: shown to the agent, never taken for yours. */
      blocks: z
        .array(
          z.strictObject({
            kind: z.enum(QUOTE_KINDS),
            from: z.string().max(200).nullable().default(null),
            text: z.string().min(1).max(100_000),
          }),
        )
        .max(20)
        .default([]),
      /** Left out: the newest conversation with this agent; "new" begins one. */
      conversationId: z.union([ConversationId, z.literal("new")]).optional(),
      /** The caller's own key: sending twice with one key makes one message. */
      idempotencyKey: z.string().min(8).max(128).optional(),
      /** False: answer at once, when the message is durable. */
      wait: z.boolean().default(true),
    }),
    output: TurnReport,
    role: "member",
    object: "conversation",
    effect: "write",
    streams: true,
  }),
  "turns.get": operation({
    method: "GET",
    path: "/v2/turns/{turnId}",
    summary: "Shows what became of a message; with `wait` it answers when the turn ended or waits for you.",
    input: z.strictObject({
      turnId: TurnId,
      wait: z
        .stringbool({ truthy: ["true"], falsy: ["false"], case: "sensitive" })
        .meta({ enum: ["true", "false"] })
        .default(false),
    }),
    output: TurnReport,
    role: "viewer",
    object: "turn",
    effect: "read",
  }),
  "turns.stop": operation({
    method: "POST",
    path: "/v2/turns/{turnId}/stop",
    summary: "Stops a turn: its model call and its running tool are aborted.",
    input: z.strictObject({ turnId: TurnId }),
    output: TurnReport,
    role: "member",
    object: "turn",
    effect: "write",
  }),

  "conversations.list": operation({
    method: "GET",
    path: "/v2/conversations",
    summary: "Lists conversations, newest first.",
    input: z.strictObject({ limit }),
    output: z.array(Conversation).readonly(),
    role: "viewer",
    object: "conversation",
    effect: "read",
  }),
  "conversations.get": operation({
    method: "GET",
    path: "/v2/conversations/{conversationId}",
    summary: "Shows one conversation.",
    input: z.strictObject({ conversationId: ConversationId }),
    output: Conversation,
    role: "viewer",
    object: "conversation",
    effect: "read",
  }),
  "conversations.messages": operation({
    method: "GET",
    path: "/v2/conversations/{conversationId}/messages",
    summary: "Lists the messages from the root to a head, oldest first.",
    input: z.strictObject({ conversationId: ConversationId, head: z.string().max(80).optional(), limit }),
    output: z.array(Message).readonly(),
    role: "viewer",
    object: "conversation",
    effect: "read",
  }),

  "approvals.list": operation({
    method: "GET",
    path: "/v2/approvals",
    summary: "Lists questions to you, newest first.",
    input: z.strictObject({ state: z.union([ApprovalState, z.literal("all")]).default("pending"), limit }),
    output: z.array(Approval).readonly(),
    role: "viewer",
    object: "approval",
    effect: "read",
  }),
  "approvals.get": operation({
    method: "GET",
    path: "/v2/approvals/{approvalId}",
    summary: "Shows one question.",
    input: z.strictObject({ approvalId: ApprovalId }),
    output: Approval,
    role: "viewer",
    object: "approval",
    effect: "read",
  }),
  "approvals.answer": operation({
    method: "POST",
    path: "/v2/approvals/{approvalId}/answer",
    summary: "Answers a question. The first answer wins.",
    input: ApprovalAnswer.extend({ approvalId: ApprovalId }),
    output: Approval,
    role: "member",
    object: "approval",
    effect: "commit",
  }),

  "approvals.answers": operation({
    method: "POST",
    path: "/v2/approval-answers",
    summary: "Answers several questions at once, each on its own: the first answer to each wins.",
    input: z.strictObject({
      answers: z
        .array(ApprovalAnswer.extend({ approvalId: ApprovalId }))
        .min(1)
        .max(50),
    }),
    output: z
      .array(
        z.strictObject({
          approvalId: ApprovalId,
          /** The question as it now stands; null when the answer did not count. */
          approval: Approval.nullable(),
          /** Why it did not count. */
          code: z.string().nullable(),
          problem: z.string().nullable(),
        }),
      )
      .readonly(),
    role: "member",
    object: "approval",
    effect: "commit",
  }),
  "approvals.preview": operation({
    method: "POST",
    path: "/v2/approvals/{approvalId}/preview",
    summary: "Shows what a wider answer with these limits would have allowed among the recorded calls.",
    input: z.strictObject({ approvalId: ApprovalId, constraints: z.array(Constraint).max(50).readonly() }),
    output: GrantPreview,
    role: "member",
    object: "approval",
    effect: "read",
  }),
  "approvals.measures": operation({
    method: "GET",
    path: "/v2/approval-measures",
    summary: "Shows how often you are asked, how long you take and how often you allow.",
    input: z.strictObject({ days: z.coerce.number().int().min(1).max(365).default(30) }),
    output: ApprovalMeasures,
    role: "viewer",
    object: "approval",
    effect: "read",
  }),

  "capabilities.grant": operation({
    method: "POST",
    path: "/v2/capabilities",
    summary: "Grants a capability without waiting for a question.",
    input: CapabilityWish,
    output: Capability,
    role: "member",
    object: "capability",
    effect: "commit",
    status: 201,
  }),
  "capabilities.list": operation({
    method: "GET",
    path: "/v2/capabilities",
    summary: "Lists what the agents may do without asking.",
    input: nothing,
    output: z.array(Capability).readonly(),
    role: "viewer",
    object: "capability",
    effect: "read",
  }),
  "capabilities.revoke": operation({
    method: "DELETE",
    path: "/v2/capabilities/{capabilityId}",
    summary: "Revokes a capability at once.",
    input: z.strictObject({ capabilityId: CapabilityId }),
    output: Capability,
    role: "member",
    object: "capability",
    effect: "write",
  }),

  "agents.reading": operation({
    method: "PUT",
    path: "/v2/agents/{agentId}/reading",
    summary: "Sets how an agent reads what comes from outside.",
    input: z.strictObject({ agentId: AgentId, reading: Reading }),
    output: Agent,
    role: "member",
    object: "agent",
    effect: "commit",
  }),
  "agents.tools": operation({
    method: "PUT",
    path: "/v2/agents/{agentId}/tools",
    summary:
      "Sets which tools an agent may ask for, `all` for all there are: only its owner adds one, and with one that is taken away go its grants.",
    input: z.strictObject({
      agentId: AgentId,
      tools: z.union([z.literal("all"), z.array(z.string().max(64)).max(200)]),
    }),
    output: Agent,
    role: "member",
    object: "agent",
    effect: "commit",
  }),
  "tools.list": operation({
    method: "GET",
    path: "/v2/tools",
    summary: "Lists the tools that this version brings.",
    input: nothing,
    output: z.array(ToolInfo).readonly(),
    role: "viewer",
    object: "agent",
    effect: "read",
  }),

  "contacts.list": operation({
    method: "GET",
    path: "/v2/contacts",
    summary: "Lists the addresses you confirmed.",
    input: nothing,
    output: z.array(Contact).readonly(),
    role: "viewer",
    object: "contact",
    effect: "read",
  }),
  "contacts.add": operation({
    method: "POST",
    path: "/v2/contacts",
    summary: "Confirms that an address is whom the name says: naming that person then settles where a message goes.",
    input: ContactWish,
    output: Contact,
    role: "member",
    object: "contact",
    effect: "commit",
    status: 201,
  }),
  "contacts.remove": operation({
    method: "DELETE",
    path: "/v2/contacts/{contactId}",
    summary: "Takes an address out of your directory.",
    input: z.strictObject({ contactId: ContactId }),
    output: Contact,
    role: "member",
    object: "contact",
    effect: "write",
  }),

  "provenance.show": operation({
    method: "GET",
    path: "/v2/provenance",
    summary:
      "Shows where something came from and what came of it. `of` is an id, or a source such as `host:example.org:443`.",
    input: z.strictObject({ of: z.string().min(1).max(500) }),
    output: Provenance,
    role: "viewer",
    object: "provenance",
    effect: "read",
  }),
  "provenance.remove": operation({
    method: "POST",
    path: "/v2/provenance/remove",
    summary: "Removes a source with all that came of it, and reports what had left before; with `dryRun` it only says.",
    input: z.strictObject({ source: z.string().min(1).max(500), dryRun: z.boolean().default(false) }),
    output: ProvenanceRemoval,
    role: "member",
    object: "provenance",
    effect: "commit",
  }),
  "files.changes": operation({
    method: "GET",
    path: "/v2/files/changes",
    summary: "Lists what agents changed in files for you and you can undo, and your undos; the newest first.",
    input: z.strictObject({ limit }),
    output: z.array(KeptChange).readonly(),
    role: "viewer",
    object: "agent",
    effect: "read",
  }),
  "files.undo": operation({
    method: "POST",
    path: "/v2/files/undo",
    summary:
      "Puts back what stood in files before one change, where nobody changed them since, or `anyway`; `undoId` undoes that.",
    input: z.strictObject({ callId: CallId, anyway: z.boolean().default(false) }),
    output: z.strictObject({ callId: CallId, undoId: CallId, paths: z.array(z.string()) }),
    role: "member",
    object: "agent",
    effect: "write",
  }),
  "canaries.create": operation({
    method: "POST",
    path: "/v2/canaries",
    summary:
      "Makes a text to leave where nobody should read it: when it turns up in what an agent reads or sends, you hear of it.",
    input: z.strictObject({ name: z.string().trim().min(1).max(60) }),
    output: z.strictObject({ name: z.string(), text: z.string() }),
    role: "member",
    object: "system",
    effect: "write",
    status: 201,
  }),

  "reminders.list": operation({
    method: "GET",
    path: "/v2/reminders",
    summary: "Lists reminders.",
    input: z.strictObject({ state: z.enum(["scheduled", "fired", "cancelled"]).optional() }),
    output: z.array(Reminder).readonly(),
    role: "viewer",
    object: "reminder",
    effect: "read",
  }),
  "reminders.cancel": operation({
    method: "DELETE",
    path: "/v2/reminders/{reminderId}",
    summary: "Cancels a reminder that has not fired.",
    input: z.strictObject({ reminderId: ReminderId }),
    output: Reminder,
    role: "member",
    object: "reminder",
    effect: "write",
  }),

  "memories.list": operation({
    method: "GET",
    path: "/v2/memories",
    summary: "Lists what was remembered for you, newest first.",
    input: z.strictObject({ limit }),
    output: z.array(Memory).readonly(),
    role: "viewer",
    object: "memory",
    effect: "read",
  }),
  "memories.remove": operation({
    method: "DELETE",
    path: "/v2/memories/{memoryId}",
    summary: "Forgets one thing: its text and the words it is found by.",
    input: z.strictObject({ memoryId: MemoryId }),
    output: nothing,
    role: "member",
    object: "memory",
    effect: "write",
  }),

  "decisions.explain": operation({
    method: "GET",
    path: "/v2/decisions/{id}",
    summary:
      "Explains every recorded decision about a call; takes the id of the call, of its question or of one decision.",
    input: z.strictObject({ id: z.uuidv7() }),
    output: z.array(Explanation).readonly(),
    role: "viewer",
    object: "decision",
    effect: "read",
  }),
  "policy.get": operation({
    method: "GET",
    path: "/v2/policy",
    summary: "Shows the operator's policy.",
    input: nothing,
    output: Policy,
    role: "owner",
    object: "policy",
    effect: "read",
  }),
  "policy.set": operation({
    method: "PUT",
    path: "/v2/policy",
    summary:
      "Puts a policy into force, as a whole or not at all; an empty text removes it. Forbid wins over every grant.",
    input: z.strictObject({ text: z.string().max(200_000) }),
    output: Policy,
    role: "owner",
    object: "policy",
    effect: "commit",
  }),
  "policy.simulate": operation({
    method: "POST",
    path: "/v2/policy/simulations",
    summary: "Replays the recorded decisions under a changed policy or changed grants and shows what would differ.",
    input: z.strictObject({
      /** Left out: the policy in force. */
      policy: z.string().max(200_000).optional(),
      grant: z.array(CapabilityWish).max(50).default([]),
      revoke: z.array(CapabilityId).max(200).default([]),
      since: Instant.optional(),
    }),
    output: SimulationReport,
    role: "owner",
    object: "policy",
    effect: "read",
  }),

  "audit.list": operation({
    method: "GET",
    path: "/v2/audit/records",
    summary:
      "Lists audit records, newest first; of a time, an agent, a tool, a person, a decision or a trace when asked.",
    input: z.strictObject({
      limit,
      before: z.coerce.number().int().nonnegative().optional(),
      from: Instant.optional(),
      to: Instant.optional(),
      event: z.string().max(80).optional(),
      agent: AgentId.optional(),
      tool: z.string().max(64).optional(),
      person: z.string().max(64).optional(),
      decision: z.string().max(64).optional(),
      trace: z.string().max(64).optional(),
    }),
    output: z.array(AuditRecord).readonly(),
    role: "viewer",
    object: "audit",
    effect: "read",
  }),
  "audit.head": operation({
    method: "GET",
    path: "/v2/audit/head",
    summary: "Signs and shows the log's current head; keep it elsewhere.",
    input: nothing,
    output: AuditHead,
    role: "viewer",
    object: "audit",
    effect: "read",
  }),
  "audit.proof": operation({
    method: "GET",
    path: "/v2/audit/proof",
    summary:
      "Proves by the RFC 9162 hashes that a record stands in the log, or that the log still begins as it did when it had `size` records.",
    input: z.strictObject({
      record: z.coerce.number().int().nonnegative().optional(),
      size: z.coerce.number().int().nonnegative().optional(),
    }),
    output: AuditProof,
    role: "viewer",
    object: "audit",
    effect: "read",
  }),
  "audit.verify": operation({
    method: "POST",
    path: "/v2/audit/verify",
    summary: "Re-reads the whole log and checks it.",
    input: nothing,
    output: AuditReport,
    role: "owner",
    object: "audit",
    effect: "read",
  }),
  "audit.export": operation({
    method: "GET",
    path: "/v2/audit/export",
    summary: "Gives the whole log as JSON Lines with a signed head.",
    input: nothing,
    output: z.strictObject({ jsonl: z.string(), head: AuditHead }),
    role: "owner",
    object: "audit",
    effect: "read",
  }),

  "tokens.create": operation({
    method: "POST",
    path: "/v2/tokens",
    summary: "Creates a bearer token; it is shown once.",
    input: z.strictObject({
      name: VisibleName.default("token"),
      role: Role.default("member"),
      days: z.int().min(1).max(365).default(90),
      /** The only operations it is for, such as `["messages.*", "agents.list"]`; null: whatever its role may. */
      scopes: z.array(OperationPattern).min(1).max(100).nullable().default(null),
      /** "untrusted": for a program that passes on what others wrote; nothing that comes with it counts as your word. */
      integrity: z.enum(["authority", "untrusted"]).default("authority"),
      /** A public key (Ed25519 or P-256): each request with the token has to be signed with it (RFC 9421); null: with nothing. */
      key: DeviceKey.nullable().default(null),
      /** The most model tokens that all it asks for may take in a day (UTC); null: no limit of its own. */
      tokensPerDay: z.int().min(1).max(999_999_999).nullable().default(null),
      /** Likewise money, in the currency of the settings. */
      moneyPerDay: z.number().min(0.000001).max(1_000_000).nullable().default(null),
    }),
    output: z.strictObject({ id: TokenId, token: z.string(), role: Role, expiresAt: Instant }),
    role: "member",
    object: "token",
    effect: "commit",
    status: 201,
  }),
  "tokens.list": operation({
    method: "GET",
    path: "/v2/tokens",
    summary: "Lists tokens, without their text.",
    input: nothing,
    output: z
      .array(
        z.strictObject({
          id: TokenId,
          name: z.string(),
          role: Role,
          scopes: z.array(OperationPattern).nullable(),
          integrity: z.enum(["authority", "untrusted"]),
          /** Of the key that its requests are signed with (RFC 7638); null: it needs no signature. */
          thumbprint: z.string().nullable(),
          /** Absent: no limit of its own. */
          tokensPerDay: z.int().optional(),
          /** In the currency of the settings; absent: no limit of its own. */
          moneyPerDay: z.number().optional(),
          createdAt: Instant,
          expiresAt: Instant,
          revokedAt: Instant.nullable(),
          /** To the minute; null: never. */
          lastUsedAt: Instant.nullable(),
        }),
      )
      .readonly(),
    role: "viewer",
    object: "token",
    effect: "read",
  }),
  "tokens.revoke": operation({
    method: "DELETE",
    path: "/v2/tokens/{tokenId}",
    summary: "Revokes a token at once.",
    input: z.strictObject({ tokenId: TokenId }),
    output: nothing,
    role: "viewer",
    object: "token",
    effect: "write",
  }),

  "links.create": operation({
    method: "POST",
    path: "/v2/sign-in-links",
    summary: "Makes a one-time sign-in link, good for ten minutes.",
    input: nothing,
    output: z.strictObject({ url: z.string(), expiresAt: Instant }),
    role: "viewer",
    object: "session",
    effect: "commit",
    status: 201,
  }),
  "sessions.create": operation({
    method: "POST",
    path: "/v2/sessions",
    summary: "Signs in with the code of a one-time link; sets the session cookie.",
    input: z.strictObject({ code: z.string().min(16).max(200) }),
    output: Principal,
    role: null,
    object: "session",
    effect: "write",
    status: 201,
  }),
  "sessions.current": operation({
    method: "GET",
    path: "/v2/sessions/current",
    summary: "Shows who you are.",
    input: nothing,
    output: Principal,
    role: "viewer",
    object: "session",
    effect: "read",
  }),
  "sessions.end": operation({
    method: "DELETE",
    path: "/v2/sessions/current",
    summary: "Signs out.",
    input: nothing,
    output: nothing,
    role: "viewer",
    object: "session",
    effect: "write",
  }),
  "sessions.list": operation({
    method: "GET",
    path: "/v2/sessions",
    summary: "Lists your browsers that are signed in.",
    input: nothing,
    output: z.array(SessionInfo).readonly(),
    role: "viewer",
    object: "session",
    effect: "read",
  }),
  "sessions.revoke": operation({
    method: "DELETE",
    path: "/v2/sessions/{sessionId}",
    summary: "Signs one of your browsers out, at once.",
    input: z.strictObject({ sessionId: SessionId }),
    output: nothing,
    role: "viewer",
    object: "session",
    effect: "write",
  }),
  "sessions.ticket": operation({
    method: "POST",
    path: "/v2/tickets",
    summary: "Makes a ticket that opens one event stream or socket as you, within 30 seconds.",
    input: nothing,
    output: z.strictObject({ ticket: z.string(), expiresAt: Instant }),
    role: "viewer",
    object: "session",
    effect: "write",
    status: 201,
  }),
  "devices.invite": operation({
    method: "POST",
    path: "/v2/device-pairings",
    summary: "Makes a short code that pairs one device with you, good for ten minutes.",
    input: nothing,
    output: z.strictObject({
      /** Eight letters and digits that are not mistaken for each other, in two groups. */
      code: z.string(),
      /** What a QR code shows: this gateway's address with the code in the fragment. */
      url: z.string(),
      expiresAt: Instant,
    }),
    role: "viewer",
    object: "session",
    effect: "commit",
    status: 201,
  }),
  "devices.pair": operation({
    method: "POST",
    path: "/v2/devices",
    summary: "Pairs a device by its code; the request carries a DPoP proof (RFC 9449) of the device's key.",
    input: z.strictObject({
      code: z.string().min(8).max(16),
      name: VisibleName,
      key: DeviceKey,
    }),
    output: DeviceTokens,
    role: null,
    object: "session",
    effect: "write",
    status: 201,
  }),
  "devices.refresh": operation({
    method: "POST",
    path: "/v2/devices/token",
    summary: "Gives a device new tokens for its refresh token, which is good once, and a DPoP proof of its key.",
    input: z.strictObject({ refreshToken: z.string().min(16).max(200) }),
    output: DeviceTokens,
    role: null,
    object: "session",
    effect: "write",
  }),
  "devices.list": operation({
    method: "GET",
    path: "/v2/devices",
    summary: "Lists your paired devices.",
    input: nothing,
    output: z.array(Device).readonly(),
    role: "viewer",
    object: "session",
    effect: "read",
  }),
  "devices.revoke": operation({
    method: "DELETE",
    path: "/v2/devices/{deviceId}",
    summary: "Ends a device of yours, at once.",
    input: z.strictObject({ deviceId: DeviceId }),
    output: nothing,
    role: "viewer",
    object: "session",
    effect: "write",
  }),

  "people.list": operation({
    method: "GET",
    path: "/v2/people",
    summary: "Lists who is in this house.",
    input: nothing,
    output: z.array(Person).readonly(),
    role: "viewer",
    object: "person",
    effect: "read",
  }),
  "people.invite": operation({
    method: "POST",
    path: "/v2/people",
    summary: "Invites somebody; the link signs them in once.",
    input: z.strictObject({
      name: VisibleName,
      role: AnyRole.default("member"),
      hours: z.int().min(1).max(168).default(48),
    }),
    output: z.strictObject({ person: Person, url: z.string(), expiresAt: Instant }),
    role: "admin",
    object: "person",
    effect: "commit",
    status: 201,
  }),
  "people.link": operation({
    method: "POST",
    path: "/v2/people/{personId}/link",
    summary:
      "Makes a new link for somebody who has not come yet; for somebody who was in already, only the owner at the machine itself.",
    input: z.strictObject({ personId: PrincipalId, hours: z.int().min(1).max(168).default(48) }),
    output: z.strictObject({ person: Person, url: z.string(), expiresAt: Instant }),
    role: "admin",
    object: "person",
    effect: "commit",
    status: 201,
  }),
  "people.change": operation({
    method: "PATCH",
    path: "/v2/people/{personId}",
    summary:
      "Gives somebody another role, suspends them or lets them in again; who is suspended is signed out everywhere at once.",
    input: z.strictObject({
      personId: PrincipalId,
      role: AnyRole.optional(),
      state: PersonState.extract(["active", "suspended"]).optional(),
    }),
    output: Person,
    role: "admin",
    object: "person",
    effect: "commit",
  }),
  "people.remove": operation({
    method: "DELETE",
    path: "/v2/people/{personId}",
    summary:
      "Removes somebody, or yourself: every session, token, device and share ends; what they wrote stays sealed until it is erased.",
    input: z.strictObject({ personId: PrincipalId }),
    output: Person,
    role: "viewer",
    object: "person",
    effect: "commit",
  }),
  "people.transfer": operation({
    method: "POST",
    path: "/v2/people/{personId}/ownership",
    summary: "Makes somebody else the owner of this house; you become an admin.",
    input: z.strictObject({ personId: PrincipalId }),
    output: z.array(Person).readonly(),
    role: "owner",
    object: "person",
    effect: "commit",
  }),
  "roles.list": operation({
    method: "GET",
    path: "/v2/roles",
    summary: "Lists the roles that the house made for itself.",
    input: nothing,
    output: z.array(OwnRole).readonly(),
    role: "viewer",
    object: "person",
    effect: "read",
  }),
  "roles.create": operation({
    method: "POST",
    path: "/v2/roles",
    summary: "Makes a role: one of viewer, member and admin, narrowed to the operations you name.",
    input: z.strictObject({
      name: VisibleName,
      base: Role.exclude(["owner"]).default("member"),
      operations: z.array(OperationPattern).min(1).max(200),
    }),
    output: OwnRole,
    role: "owner",
    object: "person",
    effect: "commit",
    status: 201,
  }),
  "roles.change": operation({
    method: "PATCH",
    path: "/v2/roles/{roleId}",
    summary: "Gives a role another name or other operations; it holds for everybody who has it within a second.",
    input: z.strictObject({
      roleId: RoleId,
      name: VisibleName.optional(),
      operations: z.array(OperationPattern).min(1).max(200).optional(),
    }),
    output: OwnRole,
    role: "owner",
    object: "person",
    effect: "commit",
  }),
  "roles.remove": operation({
    method: "DELETE",
    path: "/v2/roles/{roleId}",
    summary: "Removes a role that nobody has.",
    input: z.strictObject({ roleId: RoleId }),
    output: nothing,
    role: "owner",
    object: "person",
    effect: "write",
  }),
  "teams.list": operation({
    method: "GET",
    path: "/v2/teams",
    summary: "Lists the teams.",
    input: nothing,
    output: z.array(Team).readonly(),
    role: "viewer",
    object: "team",
    effect: "read",
  }),
  "teams.create": operation({
    method: "POST",
    path: "/v2/teams",
    summary: "Makes a team.",
    input: z.strictObject({
      name: VisibleName,
      members: z.array(PrincipalId).max(1_000).default([]),
    }),
    output: Team,
    role: "admin",
    object: "team",
    effect: "commit",
    status: 201,
  }),
  "teams.change": operation({
    method: "PATCH",
    path: "/v2/teams/{teamId}",
    summary: "Gives a team another name or other members.",
    input: z.strictObject({
      teamId: TeamId,
      name: VisibleName.optional(),
      members: z.array(PrincipalId).max(1_000).optional(),
    }),
    output: Team,
    role: "admin",
    object: "team",
    effect: "commit",
  }),
  "teams.remove": operation({
    method: "DELETE",
    path: "/v2/teams/{teamId}",
    summary: "Removes a team, and what was shared with it.",
    input: z.strictObject({ teamId: TeamId }),
    output: nothing,
    role: "admin",
    object: "team",
    effect: "write",
  }),
  "shares.list": operation({
    method: "GET",
    path: "/v2/shares",
    summary: "Lists what you share, and what is kept from whom.",
    input: nothing,
    output: z.array(Share).readonly(),
    role: "viewer",
    object: "share",
    effect: "read",
  }),
  "shares.set": operation({
    method: "PUT",
    path: "/v2/shares",
    summary: "Shares something of yours with a person, a team or everyone, or keeps it from them; a deny wins.",
    input: z.strictObject({
      object: SharedObject,
      to: Grantee,
      rights: z.array(AccessRight).min(1).max(3).default(["use"]),
      effect: z.enum(["allow", "deny"]).default("allow"),
      /** For a conversation: the last message that it shows. */
      upTo: MessageId.optional(),
      /** For a conversation: the digest of what `shares.foresee` showed you. What differs from it is not released. */
      seen: Digest.optional(),
    }),
    output: Share,
    role: "member",
    object: "share",
    effect: "commit",
  }),
  "shares.foresee": operation({
    method: "GET",
    path: "/v2/shares/release",
    summary:
      "Shows exactly what sharing a conversation up to a message would release: its words, and where they came from.",
    input: z.strictObject({ conversationId: ConversationId, upTo: MessageId }),
    output: z.strictObject({
      messages: z.array(Message).readonly(),
      /** Where what they carry came from. */
      sources: z.array(z.string()).readonly(),
      /** Recognised secrets that are masked in what others see. */
      masked: z.int().nonnegative(),
      digest: Digest,
    }),
    role: "member",
    object: "share",
    effect: "read",
  }),
  "shares.remove": operation({
    method: "DELETE",
    path: "/v2/shares/{shareId}",
    summary: "Ends a share, or a deny.",
    input: z.strictObject({ shareId: ShareId }),
    output: nothing,
    role: "member",
    object: "share",
    effect: "commit",
  }),
  "access.explain": operation({
    method: "GET",
    path: "/v2/access",
    summary: "Says whether somebody may do something, and which rule decides.",
    input: z.strictObject({
      /** You, when absent; another person only for who keeps the house, or about an object of your own. */
      personId: PrincipalId.optional(),
      /** An operation by name, or a right on an object. */
      operation: z.string().max(80).optional(),
      agentId: AgentId.optional(),
      promptId: PromptId.optional(),
      secretId: SecretId.optional(),
      conversationId: ConversationId.optional(),
      right: AccessRight.default("use"),
    }),
    output: AccessAnswer,
    role: "viewer",
    object: "person",
    effect: "read",
  }),

  "config.list": operation({
    method: "GET",
    path: "/v2/config",
    summary: "Lists the settings with their values and where these come from.",
    input: nothing,
    output: z.array(Setting).readonly(),
    role: "admin",
    object: "configuration",
    effect: "read",
  }),
  "config.set": operation({
    method: "PATCH",
    path: "/v2/config",
    summary: "Sets one setting by its dot-path, as a whole or not at all.",
    input: z.strictObject({ key: z.string().max(200), value: JsonValue }),
    output: Setting,
    role: "owner",
    object: "configuration",
    effect: "commit",
  }),

  "secrets.list": operation({
    method: "GET",
    path: "/v2/secrets",
    summary:
      "Lists your secrets, those you may use, and for whoever keeps the house its own: names, hosts, ages and due rotations, never values.",
    input: nothing,
    output: z.array(SecretInfo).readonly(),
    role: "member",
    object: "secret",
    effect: "read",
  }),
  "secrets.set": operation({
    method: "PUT",
    path: "/v2/secrets/{name}",
    summary: "Stores a secret, bound to the hosts it may be sent to. It is never shown again.",
    input: z.strictObject({
      name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
      value: z.string().min(1).max(16_384),
      hosts: z.array(z.string().min(1).max(253)).min(1).max(20),
      header: SecretHeader.nullable().optional(),
      kind: z.enum(SECRET_KINDS).optional(),
      expiresAt: Instant.nullable().optional(),
      rotateEveryDays: z.int().min(1).max(3_650).nullable().optional(),
      of: SecretOwner.default("house"),
    }),
    output: SecretInfo,
    role: "member",
    object: "secret",
    effect: "commit",
  }),
  "secrets.remove": operation({
    method: "DELETE",
    path: "/v2/secrets/{name}",
    summary: "Removes a secret.",
    input: z.strictObject({
      name: z.string().max(64),
      of: SecretOwner.default("house"),
    }),
    output: nothing,
    role: "member",
    object: "secret",
    effect: "write",
  }),

  "prompts.list": operation({
    method: "GET",
    path: "/v2/prompts",
    summary: "Lists your prompts and those that are shared with you.",
    input: nothing,
    output: z.array(Prompt).readonly(),
    role: "viewer",
    object: "prompt",
    effect: "read",
  }),
  "prompts.create": operation({
    method: "POST",
    path: "/v2/prompts",
    summary: "Keeps a text to begin messages with.",
    input: z.strictObject({
      name: VisibleName,
      text: z.string().min(1).max(20_000),
    }),
    output: Prompt,
    role: "member",
    object: "prompt",
    effect: "write",
    status: 201,
  }),
  "prompts.change": operation({
    method: "PATCH",
    path: "/v2/prompts/{promptId}",
    summary: "Changes a prompt that is yours or that you may edit.",
    input: z.strictObject({
      promptId: PromptId,
      name: VisibleName.optional(),
      text: z.string().min(1).max(20_000).optional(),
    }),
    output: Prompt,
    role: "member",
    object: "prompt",
    effect: "write",
  }),
  "prompts.remove": operation({
    method: "DELETE",
    path: "/v2/prompts/{promptId}",
    summary: "Removes a prompt that is yours or that you may delete.",
    input: z.strictObject({ promptId: PromptId }),
    output: nothing,
    role: "member",
    object: "prompt",
    effect: "write",
  }),
  "usage.show": operation({
    method: "GET",
    path: "/v2/usage",
    summary:
      "Shows what of the budgets was used: yours, your agents' and tokens', and for whoever keeps the house everybody's sums.",
    input: z.strictObject({
      days: z.coerce.number().int().min(1).max(90).default(7),
      of: z.enum(["me", "house"]).default("me"),
    }),
    output: UsageReport,
    role: "viewer",
    object: "system",
    effect: "read",
  }),
  "flows.report": operation({
    method: "GET",
    path: "/v2/data-flow",
    summary:
      "Shows which host received what kind of data, from whom, how much and when: of yours, and for whoever keeps the house of everybody.",
    input: z.strictObject({
      days: z.coerce.number().int().min(1).max(90).default(7),
      of: z.enum(["me", "house"]).default("me"),
    }),
    output: DataFlowReport,
    role: "member",
    object: "system",
    effect: "read",
  }),

  "packages.inspect": operation({
    method: "POST",
    path: "/v2/packages/inspect",
    summary:
      "Says what a package is, who signed it, what it may touch and what speaks against it; installs nothing and runs nothing.",
    input: z.strictObject({ archive: packageFile }),
    output: PackageReport,
    role: "member",
    object: "plugin",
    effect: "read",
  }),
  "packages.lock": operation({
    method: "GET",
    path: "/v2/packages/lock",
    summary: "Names exactly what is installed, so that the same can be installed elsewhere.",
    input: nothing,
    output: PackageLock,
    role: "member",
    object: "plugin",
    effect: "read",
  }),
  "plugins.list": operation({
    method: "GET",
    path: "/v2/plugins",
    summary: "Lists plugins: what each may touch, whose it is, how it stands, and an update that waits for a yes.",
    input: nothing,
    output: z.array(PluginInfo).readonly(),
    role: "viewer",
    object: "plugin",
    effect: "read",
  }),
  "plugins.install": operation({
    method: "POST",
    path: "/v2/plugins",
    summary:
      "Installs a signed plugin and gives its tools to these agents of yours. `digest` is the one that was looked at; `anyway` takes a name that looks like another's.",
    input: z.strictObject({
      archive: packageFile,
      digest: looked,
      agents: z.array(AgentId).max(100).readonly(),
      choices: PluginChoices.prefault({}),
      lock: PackageLock.optional(),
      anyway: z.boolean().default(false),
    }),
    output: PluginInfo,
    role: "owner",
    object: "plugin",
    effect: "commit",
    status: 201,
  }),
  "plugins.update": operation({
    method: "POST",
    path: "/v2/plugins/{name}/update",
    summary:
      "Updates a plugin to a newer one by the same signer. One that may do more waits until it is accepted, and the installed one goes on.",
    input: z.strictObject({ name: PluginName, archive: packageFile, lock: PackageLock.optional() }),
    output: PluginInfo,
    role: "owner",
    object: "plugin",
    effect: "commit",
  }),
  "plugins.accept": operation({
    method: "POST",
    path: "/v2/plugins/{name}/accept",
    summary: "Says yes to the update that waits, by the digest that was looked at.",
    input: z.strictObject({ name: PluginName, digest: looked }),
    output: PluginInfo,
    role: "owner",
    object: "plugin",
    effect: "commit",
  }),
  "plugins.change": operation({
    method: "PATCH",
    path: "/v2/plugins/{name}",
    summary:
      "Stops or starts a plugin, throws away the update that waits, changes which hosts and secrets the owner chose for it, or sets which of your agents have its tools. What is left out stays as it is.",
    input: z.strictObject({
      name: PluginName,
      enabled: z.boolean().optional(),
      hosts: z.array(PluginHost).max(50).readonly().optional(),
      /** Without a default, unlike at the installation: where nothing is said, nothing is chosen anew. */
      secrets: PluginChoices.shape.secrets.unwrap().optional(),
      /** Exactly these of your agents: each with the grants of an installation, and others of yours without its tools. */
      agents: z.array(AgentId).max(100).readonly().optional(),
      refuse: z.boolean().default(false),
    }),
    output: PluginInfo,
    role: "owner",
    object: "plugin",
    effect: "commit",
  }),
  "plugins.remove": operation({
    method: "DELETE",
    path: "/v2/plugins/{name}",
    summary: "Removes a plugin with its processes, its grants, and everything that it kept for anybody.",
    input: z.strictObject({ name: PluginName }),
    output: z.strictObject({ name: PluginName, items: z.int(), grants: z.int() }),
    role: "owner",
    object: "plugin",
    effect: "write",
  }),
  "plugins.try": operation({
    method: "POST",
    path: "/v2/plugins/try",
    summary:
      "Runs one tool of a package that need not be signed, in a sandbox where nothing is dialled and nothing is kept: what it asks for is answered from `answers`.",
    input: z.strictObject({
      archive: packageFile,
      tool: z.string().max(64),
      arguments: z.record(z.string().max(40), JsonValue).default({}),
      answers: z.array(PluginTrialAnswer).max(50).readonly().default([]),
      /** What its box holds at the beginning. */
      kept: z.record(z.string().max(200), JsonValue).default({}),
    }),
    output: PluginTrialReport,
    role: "owner",
    object: "plugin",
    effect: "execute",
  }),
  "skills.list": operation({
    method: "GET",
    path: "/v2/skills",
    summary: "Lists skills: whose words they are, and which agents may read them.",
    input: nothing,
    output: z.array(SkillInfo).readonly(),
    role: "viewer",
    object: "skill",
    effect: "read",
  }),
  "skills.install": operation({
    method: "POST",
    path: "/v2/skills",
    summary: "Installs a signed skill, or a newer one by the same signer in place of it, for these agents of yours.",
    input: z.strictObject({
      archive: packageFile,
      digest: looked,
      agents: z.array(AgentId).max(100).readonly(),
      lock: PackageLock.optional(),
      anyway: z.boolean().default(false),
    }),
    output: SkillInfo,
    role: "owner",
    object: "skill",
    effect: "commit",
    status: 201,
  }),
  "skills.change": operation({
    method: "PATCH",
    path: "/v2/skills/{name}",
    summary: "Sets which of your agents may read a skill.",
    input: z.strictObject({ name: SkillName, agents: z.array(AgentId).max(100).readonly() }),
    output: SkillInfo,
    role: "member",
    object: "skill",
    effect: "commit",
  }),
  "skills.remove": operation({
    method: "DELETE",
    path: "/v2/skills/{name}",
    summary: "Removes a skill.",
    input: z.strictObject({ name: SkillName }),
    output: nothing,
    role: "owner",
    object: "skill",
    effect: "write",
  }),
  "signers.list": operation({
    method: "GET",
    path: "/v2/signers",
    summary: "Lists the keys whose signatures are taken, and what is installed by each.",
    input: nothing,
    output: z.array(Signer).readonly(),
    role: "member",
    object: "signer",
    effect: "read",
  }),
  "signers.trust": operation({
    method: "PUT",
    path: "/v2/signers/{key}",
    summary:
      "Takes signatures by a key from now on. `own`: it is your own, so that skills it signed as its own are your words; left out, it stays what it was to you. A name is one key's; `rename` gives a trusted key another.",
    input: z.strictObject({
      key: SigningKey,
      name: VisibleName,
      own: z.boolean().optional(),
      rename: z.boolean().default(false),
    }),
    output: z.strictObject({
      ...Signer.shape,
      /** The name that it had until now; null: it was not trusted, or has the same name still. */
      was: z.string().nullable(),
    }),
    role: "owner",
    object: "signer",
    effect: "commit",
  }),
  "signers.remove": operation({
    method: "DELETE",
    path: "/v2/signers/{key}",
    summary: "Takes no more signatures by a key. What is installed by it must be removed first.",
    input: z.strictObject({ key: SigningKey }),
    output: nothing,
    role: "owner",
    object: "signer",
    effect: "write",
  }),

  "search.messages": operation({
    method: "GET",
    path: "/v2/search",
    summary: "Finds messages that have all the words, newest first; what else a query may say, `abilities` tells.",
    input: z.strictObject({
      query: z.string().trim().min(1).max(500),
      conversationId: ConversationId.optional(),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
    output: z.strictObject({ hits: z.array(SearchHit).readonly(), abilities: SearchAbilities }),
    role: "viewer",
    object: "conversation",
    effect: "read",
  }),
  "attachments.create": operation({
    method: "POST",
    path: "/v2/conversations/{conversationId}/attachments",
    summary: "Keeps a file of a conversation, encrypted; the same content is kept once.",
    input: z.strictObject({
      conversationId: ConversationId,
      name: z.string().trim().min(1).max(255),
      mediaType: z
        .string()
        .trim()
        .max(127)
        .regex(/^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$/)
        .default("application/octet-stream"),
      /** Base64. */
      content: z.base64(),
    }),
    output: Attachment,
    role: "member",
    object: "conversation",
    effect: "write",
    status: 201,
  }),
  "attachments.list": operation({
    method: "GET",
    path: "/v2/conversations/{conversationId}/attachments",
    summary: "Lists a conversation's files.",
    input: z.strictObject({ conversationId: ConversationId }),
    output: z.array(Attachment).readonly(),
    role: "viewer",
    object: "conversation",
    effect: "read",
  }),
  "attachments.get": operation({
    method: "GET",
    path: "/v2/attachments/{attachmentId}",
    summary: "Hands out one file.",
    input: z.strictObject({ attachmentId: AttachmentId }),
    output: Download,
    role: "viewer",
    object: "conversation",
    effect: "read",
  }),
  "attachments.remove": operation({
    method: "DELETE",
    path: "/v2/attachments/{attachmentId}",
    summary: "Removes a file and destroys its key.",
    input: z.strictObject({ attachmentId: AttachmentId }),
    output: nothing,
    role: "member",
    object: "conversation",
    effect: "write",
  }),

  "vault.status": operation({
    method: "GET",
    path: "/v2/vault",
    summary: "Tells how the vault is sealed, and which generation its keyring has.",
    input: nothing,
    output: VaultStatus,
    role: "owner",
    object: "secret",
    effect: "read",
  }),
  "vault.lock": operation({
    method: "POST",
    path: "/v2/vault/lock",
    summary: "Locks the vault: running turns end, and until it is unlocked nothing can be read.",
    input: nothing,
    output: nothing,
    role: "owner",
    object: "secret",
    effect: "write",
    status: 202,
  }),
  "vault.passphrase": operation({
    method: "POST",
    path: "/v2/vault/passphrase",
    summary:
      "Seals the vault by a new passphrase, or by a key file when it is null. Asks for the old one where there is one.",
    input: z.strictObject({
      current: z.string().max(1_024).nullable(),
      next: z.string().min(8).max(1_024).nullable(),
    }),
    output: VaultStatus,
    role: "owner",
    object: "secret",
    effect: "commit",
  }),
  "vault.recovery": operation({
    method: "POST",
    path: "/v2/vault/recovery",
    summary: "Makes a recovery code that opens the vault, shown once; an earlier one is dead.",
    input: z.strictObject({ current: z.string().max(1_024).nullable() }),
    output: z.strictObject({ code: z.string() }),
    role: "owner",
    object: "secret",
    effect: "commit",
  }),
  "vault.rotate": operation({
    method: "POST",
    path: "/v2/vault/rotate",
    summary:
      "Rotates keys while everything goes on: `wrapping` seals the root and the keyring anew, `data` begins an epoch of new data keys.",
    input: z.strictObject({ keys: z.enum(["wrapping", "data"]), current: z.string().max(1_024).nullable() }),
    output: VaultStatus,
    role: "owner",
    object: "secret",
    effect: "commit",
  }),

  "privacy.inventory": operation({
    method: "GET",
    path: "/v2/privacy/inventory",
    summary: "Lists everything that is kept: where, sealed by whose key, for how long, and what an erasure does to it.",
    input: nothing,
    output: z.array(InventoryEntry).readonly(),
    role: "viewer",
    object: "system",
    effect: "read",
  }),
  "privacy.export": operation({
    method: "POST",
    path: "/v2/privacy/export",
    summary: "Makes a readable archive of a conversation, or of all that is kept of a person.",
    input: z.strictObject({ subject: PrivacySubject }),
    output: Download,
    role: "member",
    object: "conversation",
    effect: "read",
  }),
  "privacy.erase": operation({
    method: "POST",
    path: "/v2/privacy/erase",
    summary:
      "Erases a conversation or all that is kept of a person: rows, files, index entries and keys. Cannot be undone.",
    input: z.strictObject({
      subject: PrivacySubject,
      /** The subject's id once more: an erasure is never a slip. */
      confirm: z.string().max(64),
    }),
    output: ErasureCertificate,
    role: "member",
    object: "conversation",
    effect: "commit",
  }),
  "privacy.certificates": operation({
    method: "GET",
    path: "/v2/privacy/certificates",
    summary: "Lists the certificates of erasures.",
    input: nothing,
    output: z.array(ErasureCertificate).readonly(),
    role: "viewer",
    object: "system",
    effect: "read",
  }),

  "backups.create": operation({
    method: "POST",
    path: "/v2/backups",
    summary: "Makes an encrypted backup while everything goes on, or a copy of the keyring alone, on this machine.",
    input: z.strictObject({
      kind: z.enum(["backup", "keyring"]).default("backup"),
      /** A folder of this machine; the home's own `backups` when absent. */
      folder: z.string().min(1).max(4_096).optional(),
    }),
    output: BackupInfo,
    role: "owner",
    object: "system",
    effect: "commit",
    status: 201,
  }),
  "backups.list": operation({
    method: "GET",
    path: "/v2/backups",
    summary: "Lists the backups and keyring copies that were made.",
    input: nothing,
    output: z.array(BackupInfo).readonly(),
    role: "admin",
    object: "system",
    effect: "read",
  }),
  "backups.verify": operation({
    method: "POST",
    path: "/v2/backups/verify",
    summary: "Reads a backup from end to end and says what is wrong with it.",
    input: z.strictObject({ file: z.string().min(1).max(4_096) }),
    output: BackupReport,
    role: "owner",
    object: "system",
    effect: "read",
  }),

  "jobs.list": operation({
    method: "GET",
    path: "/v2/jobs",
    summary: "Lists durable work, newest first; `dead` is what gave up, with the reason.",
    input: z.strictObject({ state: z.enum([...JOB_STATES, "all"]).default("all"), limit }),
    output: z.array(Job).readonly(),
    role: "admin",
    object: "system",
    effect: "read",
  }),
  "jobs.retry": operation({
    method: "POST",
    path: "/v2/jobs/{jobId}/retry",
    summary: "Takes up dead work again.",
    input: z.strictObject({ jobId: JobId }),
    output: Job,
    role: "admin",
    object: "system",
    effect: "write",
  }),
  "schedules.list": operation({
    method: "GET",
    path: "/v2/schedules",
    summary: "Lists what comes back by itself, and when.",
    input: nothing,
    output: z.array(Schedule).readonly(),
    role: "admin",
    object: "system",
    effect: "read",
  }),
  "schedules.firings": operation({
    method: "GET",
    path: "/v2/schedules/{scheduleId}/firings",
    summary: "Accounts for every time a schedule named: done, failed, missed, skipped, unknown.",
    input: z.strictObject({ scheduleId: ScheduleId, limit }),
    output: z.array(Firing).readonly(),
    role: "admin",
    object: "system",
    effect: "read",
  }),
  "outbox.list": operation({
    method: "GET",
    path: "/v2/outbox",
    summary: "Lists effects on their way out; `unknown` is what a crash hid.",
    input: z.strictObject({ state: z.enum([...OUTBOX_STATES, "all"]).default("all"), limit }),
    output: z.array(OutboxItem).readonly(),
    role: "admin",
    object: "system",
    effect: "read",
  }),
  "imports.take": operation({
    method: "POST",
    path: "/v2/imports",
    summary:
      "Takes what another assistant kept: conversations and memories, none of it as your own word. Twice is once.",
    input: z.strictObject({ ...ImportBatch.shape, dryRun: z.boolean().default(true) }),
    output: ImportReport,
    role: "owner",
    object: "system",
    effect: "commit",
  }),

  "models.list": operation({
    method: "GET",
    path: "/v2/models",
    summary: "Lists the models that are set up, the one agents use first.",
    input: nothing,
    output: z.array(ModelDescription).readonly(),
    role: "viewer",
    object: "configuration",
    effect: "read",
  }),
  "models.connect": operation({
    method: "POST",
    path: "/v2/model-connections",
    summary:
      "Begins to connect OpenRouter by OAuth with PKCE: open the address, and hand the code it ends with to `models.connected`.",
    input: z.strictObject({
      vendor: z.literal("openrouter"),
      /** The name of the secret that the key becomes. */
      secret: z
        .string()
        .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)
        .default("openrouter"),
    }),
    output: z.strictObject({ state: z.string(), url: z.string(), expiresAt: Instant }),
    role: "owner",
    object: "configuration",
    effect: "commit",
    status: 201,
  }),
  "models.connected": operation({
    method: "POST",
    path: "/v2/model-connections/complete",
    summary: "Exchanges the code for a key, which goes straight into the vault.",
    input: z.strictObject({ state: z.string().min(16).max(200), code: z.string().min(1).max(1_000) }),
    output: SecretInfo,
    role: "owner",
    object: "configuration",
    effect: "commit",
  }),

  "system.status": operation({
    method: "GET",
    path: "/v2/status",
    summary: "Shows what runs and how it is sealed; whoever keeps the house also sees where its data lies.",
    input: nothing,
    output: Status,
    role: "viewer",
    object: "system",
    effect: "read",
  }),
  "system.stop": operation({
    method: "POST",
    path: "/v2/stop",
    summary:
      "Stops everything at once: permits, grants and questions die, running calls are aborted, the rest is held.",
    input: z.strictObject({ reason: z.string().max(500).optional() }),
    output: StopReport,
    role: "admin",
    object: "system",
    effect: "write",
  }),
  "system.resume": operation({
    method: "POST",
    path: "/v2/resume",
    summary: "Goes on after a stop and reports what was held.",
    input: z.strictObject({ grants: z.enum(RESUME_GRANTS).default("starting") }),
    output: ResumeReport,
    role: "owner",
    object: "system",
    effect: "commit",
  }),
  "system.doctor": operation({
    method: "POST",
    path: "/v2/doctor",
    summary: "Checks the installation: database, audit log, vault, model, settings.",
    input: nothing,
    output: z.array(Check).readonly(),
    role: "admin",
    object: "system",
    effect: "read",
  }),
});

export type OperationName = keyof typeof OPERATIONS;
export const OPERATION_NAMES = Object.freeze(Object.keys(OPERATIONS)) as readonly OperationName[]; // keys of a frozen literal
/** What a handler receives: parsed, defaults filled. */
export type OperationInput<N extends OperationName> = z.output<(typeof OPERATIONS)[N]["input"]>;
/** What a caller may send: defaults may be left out. */
export type OperationRequest<N extends OperationName> = z.input<(typeof OPERATIONS)[N]["input"]>;
export type OperationOutput<N extends OperationName> = z.output<(typeof OPERATIONS)[N]["output"]>;
