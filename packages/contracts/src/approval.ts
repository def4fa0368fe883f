import { z } from "zod";
import { AgentId, ApprovalId, CallId, ConversationId, Digest, Instant, PrincipalId, ToolName, TurnId } from "./ids.ts";
import { Scope } from "./capability.ts";
import { JsonValue } from "./json.ts";
import { Label } from "./label.ts";
import { EffectClass, Undo } from "./tool.ts";

/** Where an argument's value came from, in words a person understands. */
export const ARGUMENT_ORIGINS = ["stated", "granted", "model", "untrusted"] as const;

/** One argument as the card shows it. */
export const QuestionArgument = z.strictObject({
  name: z.string(),
  value: JsonValue,
  critical: z.boolean(),
  /** `stated`: it stands in the person's own words; `granted`: a capability fixes it; `model`: the model chose it; `untrusted`: so, with untrusted content in view. */
  origin: z.enum(ARGUMENT_ORIGINS),
});
export type QuestionArgument = Readonly<z.infer<typeof QuestionArgument>>;

/** What a person is asked: the consequence, the reason, every argument, what leaves, what can be undone, the choices. */
export const Question = z.strictObject({
  /** One sentence of consequence, such as "Sets a reminder: “stretch” in 10 minutes." */
  consequence: z.string(),
  /** Why it is asked, in one sentence. */
  why: z.string(),
  /** The rule of the decision table that asks, such as `commit.unconstrained`. */
  rule: z.string(),
  tool: ToolName,
  effect: EffectClass,
  arguments: z.array(QuestionArgument).readonly(),
  /** What data leaves this machine and to where; null when nothing does. */
  leaves: z.string().nullable(),
  undo: Undo,
  scopes: z.array(Scope).readonly(),
});
export type Question = Readonly<z.infer<typeof Question>>;

export const APPROVAL_STATES = [
  "pending",
  "allowed",
  "denied",
  "expired",
  "cancelled",
  "superseded",
  "consumed",
] as const;
export const ApprovalState = z.enum(APPROVAL_STATES);
export type ApprovalState = z.infer<typeof ApprovalState>;

/** The states an approval may move to; anything else is refused. */
export const APPROVAL_TRANSITIONS: Readonly<Record<ApprovalState, readonly ApprovalState[]>> = Object.freeze({
  pending: ["allowed", "denied", "expired", "cancelled", "superseded"],
  allowed: ["consumed", "expired", "cancelled", "superseded"],
  denied: [],
  expired: [],
  cancelled: [],
  superseded: [],
  consumed: [],
});

/** A parked question and its answer. `digest` binds it to the exact call: any drift asks again. */
export const Approval = z.strictObject({
  id: ApprovalId,
  conversationId: ConversationId,
  turnId: TurnId,
  callId: CallId,
  agentId: AgentId,
  digest: Digest,
  question: Question,
  label: Label,
  state: ApprovalState,
  createdAt: Instant,
  expiresAt: Instant,
  answeredBy: PrincipalId.nullable(),
  answeredAt: Instant.nullable(),
  scope: Scope.nullable(),
  /** The person's words, given back to the model with a denial. */
  reason: z.string().max(500).nullable(),
});
export type Approval = Readonly<z.infer<typeof Approval>>;

/** A person's answer. */
export const ApprovalAnswer = z.strictObject({
  answer: z.enum(["allow", "deny"]),
  scope: Scope.default("once"),
  reason: z.string().max(500).optional(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;
