import { z } from "zod";
import { CallId, ConversationId, Instant, JobId, OutboxId, PrincipalId, ScheduleId, TenantId } from "./ids.ts";
import { JsonObject } from "./json.ts";

/** What a job does: `noun:verb`, such as `retention:run`. */
export const JobKind = z
  .string()
  .regex(/^[a-z][a-z-]*:[a-z][a-z-]*$/)
  .max(64);
export type JobKind = z.infer<typeof JobKind>;

export const JOB_STATES = ["queued", "running", "done", "dead", "cancelled"] as const;

/** One piece of durable work; it is done at least once, and its handler must make the second time harmless. */
export const Job = z.strictObject({
  id: JobId,
  tenantId: TenantId,
  ownerId: PrincipalId,
  kind: JobKind,
  /** Ids and numbers of the work; sealed at rest under its owner's key. */
  payload: JsonObject,
  state: z.enum(JOB_STATES),
  /** Not before. */
  runAt: Instant,
  /** How often it was begun. */
  attempts: z.int().nonnegative(),
  mostAttempts: z.int().min(1).max(50),
  /** The code of the last failure; why it lies dead. */
  problem: z.string().nullable(),
  createdAt: Instant,
  updatedAt: Instant,
});
export type Job = Readonly<z.infer<typeof Job>>;

/** A claim on a job; `fence` rises with every claim, and a write with an old one is refused. */
export interface JobLease {
  readonly job: Job;
  readonly fence: number;
}

/** What is wanted of the queue. */
export interface JobWish {
  readonly id: JobId;
  readonly kind: JobKind;
  readonly payload: JsonObject;
  readonly runAt: Instant;
  readonly mostAttempts: number;
  /** Two wishes of one owner with the same key are one job, for as long as its row is kept. */
  readonly key: string | null;
}

/** What becomes of a time that passed while nobody watched: run the newest once, or leave it out. */
export const MISSED_RULES = ["run-once", "skip"] as const;

/** Work that comes back: a cron expression (five fields) in an IANA time zone. */
export const Schedule = z.strictObject({
  id: ScheduleId,
  tenantId: TenantId,
  ownerId: PrincipalId,
  /** Unique for its owner, such as `audit head`. */
  name: z.string().min(1).max(80),
  cron: z.string().min(1).max(120),
  timeZone: z.string().min(1).max(64),
  kind: JobKind,
  payload: JsonObject,
  missed: z.enum(MISSED_RULES),
  active: z.boolean(),
  /** Null when the expression names no later time. */
  nextAt: Instant.nullable(),
  createdAt: Instant,
});
export type Schedule = Readonly<z.infer<typeof Schedule>>;

/** `queued` until its job ended; `missed` when nobody watched, `skipped` by a rule or a stop, `unknown` when a crash hid the end. */
export const FIRING_STATES = ["queued", "done", "failed", "missed", "skipped", "unknown"] as const;
export const Firing = z.strictObject({
  scheduleId: ScheduleId,
  /** The time that the schedule named. */
  at: Instant,
  state: z.enum(FIRING_STATES),
  jobId: JobId.nullable(),
  settledAt: Instant.nullable(),
  problem: z.string().nullable(),
});
export type Firing = Readonly<z.infer<typeof Firing>>;

/** `sending` is durable before the first byte leaves; what a crash leaves there is `unknown` unless it may be repeated. */
export const OUTBOX_STATES = ["waiting", "sending", "sent", "refused", "unknown", "cancelled"] as const;
/** One effect that leaves after the transaction that decided on it. */
export const OutboxItem = z.strictObject({
  id: OutboxId,
  tenantId: TenantId,
  ownerId: PrincipalId,
  conversationId: ConversationId.nullable(),
  callId: CallId.nullable(),
  /** Which courier carries it, such as `telegram:send`. */
  kind: JobKind,
  payload: JsonObject,
  /** Whether the other side makes a second delivery harmless (an idempotency key of its own). */
  repeatable: z.boolean(),
  state: z.enum(OUTBOX_STATES),
  attempts: z.int().nonnegative(),
  problem: z.string().nullable(),
  createdAt: Instant,
  updatedAt: Instant,
});
export type OutboxItem = Readonly<z.infer<typeof OutboxItem>>;
