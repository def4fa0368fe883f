import { z } from "zod";

/** Ids are UUIDv7 (RFC 9562) in their canonical lower-case text form; the brand keeps one kind from standing in for another. */
const id = <B extends string>() => z.uuidv7().brand<B>();

export const TenantId = id<"TenantId">();
export type TenantId = z.infer<typeof TenantId>;
export const PrincipalId = id<"PrincipalId">();
export type PrincipalId = z.infer<typeof PrincipalId>;
export const AgentId = id<"AgentId">();
export type AgentId = z.infer<typeof AgentId>;
export const ConversationId = id<"ConversationId">();
export type ConversationId = z.infer<typeof ConversationId>;
export const MessageId = id<"MessageId">();
export type MessageId = z.infer<typeof MessageId>;
/** One turn: from an accepted message to its recorded end. It is also the id of the job that carries it. */
export const TurnId = id<"TurnId">();
export type TurnId = z.infer<typeof TurnId>;
/** One tool call that a model asked for. Ours, never the model's own call id. */
export const CallId = id<"CallId">();
export type CallId = z.infer<typeof CallId>;
export const ApprovalId = id<"ApprovalId">();
export type ApprovalId = z.infer<typeof ApprovalId>;
export const CapabilityId = id<"CapabilityId">();
export type CapabilityId = z.infer<typeof CapabilityId>;
export const PermitId = id<"PermitId">();
export type PermitId = z.infer<typeof PermitId>;
export const ReminderId = id<"ReminderId">();
export type ReminderId = z.infer<typeof ReminderId>;
export const MemoryId = id<"MemoryId">();
export type MemoryId = z.infer<typeof MemoryId>;
export const TokenId = id<"TokenId">();
export type TokenId = z.infer<typeof TokenId>;
export const SessionId = id<"SessionId">();
export type SessionId = z.infer<typeof SessionId>;
/** A device of a person, known by a key that never leaves it. */
export const DeviceId = id<"DeviceId">();
export type DeviceId = z.infer<typeof DeviceId>;
export const TeamId = id<"TeamId">();
export type TeamId = z.infer<typeof TeamId>;
/** A role that the house made for itself. */
export const RoleId = id<"RoleId">();
export type RoleId = z.infer<typeof RoleId>;
/** A text that somebody keeps to begin messages with. */
export const PromptId = id<"PromptId">();
export type PromptId = z.infer<typeof PromptId>;
export const SecretId = id<"SecretId">();
export type SecretId = z.infer<typeof SecretId>;
/** One right on one object, given to or kept from somebody. */
export const ShareId = id<"ShareId">();
export type ShareId = z.infer<typeof ShareId>;
/** One recorded decision of the guard. */
export const DecisionId = id<"DecisionId">();
export type DecisionId = z.infer<typeof DecisionId>;
/** One use of the stop gesture. */
export const StopId = id<"StopId">();
export type StopId = z.infer<typeof StopId>;
export const PlanId = id<"PlanId">();
export type PlanId = z.infer<typeof PlanId>;
export const ContactId = id<"ContactId">();
export type ContactId = z.infer<typeof ContactId>;
/** One piece of durable work. */
export const JobId = id<"JobId">();
export type JobId = z.infer<typeof JobId>;
export const ScheduleId = id<"ScheduleId">();
export type ScheduleId = z.infer<typeof ScheduleId>;
/** One effect that waits to leave. */
export const OutboxId = id<"OutboxId">();
export type OutboxId = z.infer<typeof OutboxId>;
export const AttachmentId = id<"AttachmentId">();
export type AttachmentId = z.infer<typeof AttachmentId>;
/** One erasure of a subject, and its certificate. */
export const ErasureId = id<"ErasureId">();
export type ErasureId = z.infer<typeof ErasureId>;
export const BackupId = id<"BackupId">();
export type BackupId = z.infer<typeof BackupId>;
export const EventId = id<"EventId">();
export type EventId = z.infer<typeof EventId>;

/** A tool's name: lower-case words with dots, such as `reminder.create`. */
export const ToolName = z
  .string()
  .regex(/^[a-z][a-z0-9]*(\.[a-z][a-z0-9]*)*$/)
  .max(64)
  .brand<"ToolName">();
export type ToolName = z.infer<typeof ToolName>;
/** Lower-case hex of a SHA-256 digest. */
export const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<"Digest">();
export type Digest = z.infer<typeof Digest>;
/** An instant as RFC 3339 text in UTC with milliseconds, such as `2026-11-22T12:00:00.000Z`; compares as text. */
export const Instant = z.iso.datetime({ precision: 3 }).brand<"Instant">();
export type Instant = z.infer<typeof Instant>;

/** The instant of a count of milliseconds since 1970. */
export const instantOf = (milliseconds: number): Instant => new Date(milliseconds).toISOString() as Instant; // toISOString gives exactly this form, or throws
/** Milliseconds since 1970 of an instant. */
export const millisecondsOf = (instant: Instant): number => Date.parse(instant);
