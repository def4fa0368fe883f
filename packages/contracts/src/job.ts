import { z } from "zod";
import { Label } from "./label.ts";
import {
  AgentId,
  ApprovalId,
  CallId,
  ConversationId,
  Digest,
  Instant,
  MessageId,
  PrincipalId,
  TenantId,
  TurnId,
} from "./ids.ts";

export const TURN_STATES = ["queued", "running", "waiting", "done", "failed", "unknown", "stopped"] as const;
export const TurnState = z.enum(TURN_STATES);
export type TurnState = z.infer<typeof TurnState>;

/** What somebody came by that is counted by itself: one of their tokens or devices. */
export const Credential = z.strictObject({ kind: z.enum(["token", "device"]), id: z.string() });
export type Credential = Readonly<z.infer<typeof Credential>>;

/** How a turn ended; absent while it has not. */
export const TurnEnd = z.strictObject({
  state: z.enum(["done", "failed", "unknown", "stopped"]),
  /** The message that ends it: the reply, or the notice that says why there is none. */
  messageId: MessageId.nullable(),
  code: z.string().nullable(),
});
export type TurnEnd = Readonly<z.infer<typeof TurnEnd>>;

/** One turn as a durable job: from the accepted message to exactly one recorded end. */
export const Turn = z.strictObject({
  id: TurnId,
  tenantId: TenantId,
  ownerId: PrincipalId,
  conversationId: ConversationId,
  agentId: AgentId,
  /** The person for whom it runs. */
  authority: PrincipalId,
  userMessageId: MessageId,
  /** The credential by which it was asked for, where that has a budget of its own. */
  cameBy: Credential.optional(),
  /** Of what began the turn; a job is no more trusted than that. */
  label: Label,
  state: TurnState,
  /** Model calls made so far. */
  steps: z.int().nonnegative(),
  attempts: z.int().nonnegative(),
  waitingFor: z.array(ApprovalId).readonly(),
  end: TurnEnd.nullable(),
  createdAt: Instant,
  updatedAt: Instant,
});
export type Turn = Readonly<z.infer<typeof Turn>>;

/** A claim on a turn; `fence` rises with every claim, and a write with an old one is refused. */
export interface TurnLease {
  readonly turn: Turn;
  readonly fence: number;
}

export const CALL_STATES = ["asked", "admitted", "done", "failed", "refused", "unknown"] as const;
/** What became of one call; `admitted` without an outcome means that a crash hid it. */
export const CallRecord = z.strictObject({
  callId: CallId,
  turnId: TurnId,
  conversationId: ConversationId,
  agentId: AgentId,
  tool: z.string(),
  callDigest: Digest,
  state: z.enum(CALL_STATES),
  updatedAt: Instant,
});
export type CallRecord = Readonly<z.infer<typeof CallRecord>>;
