import { z } from "zod";
import { AgentId, ApprovalId, CallId, ConversationId, Digest, Instant, PrincipalId, ToolName, TurnId } from "./ids.ts";
import { Constraint, Scope } from "./capability.ts";
import { JsonObject, JsonValue } from "./json.ts";
import { Label, Source } from "./label.ts";
import { EffectClass, Preview, Undo } from "./tool.ts";

/** Where an argument's value came from, in words a person understands. */
export const ARGUMENT_ORIGINS = ["stated", "granted", "planned", "directory", "model", "untrusted"] as const;

/** One argument as the card shows it. */
export const QuestionArgument = z.strictObject({
  name: z.string(),
  value: JsonValue,
  critical: z.boolean(),
  /** `stated`: it stands in the person's own words; `granted`: a capability fixes it; `planned`: a literal of a plan from before anything untrusted was in view; `directory`: a confirmed contact; `model`: the model chose it; `untrusted`: so, with untrusted content in view. */
  origin: z.enum(ARGUMENT_ORIGINS),
  /** Where the value itself came from, where that is known: of a planned call, what the step refers to. */
  sources: z.array(Source).readonly().optional(),
});
export type QuestionArgument = Readonly<z.infer<typeof QuestionArgument>>;

/** A rule wider than this one call, which a person may choose in one press. It grants nothing by itself. */
export const Proposal = z.strictObject({
  constraints: z.array(Constraint).readonly(),
  /** How often calls that it covers were allowed before; 0 where something else bounds them all, such as the wall around programs. */
  seen: z.int().nonnegative(),
  /** For how long it would hold; absent: always. */
  scope: z.enum(["conversation", "always"]).optional(),
});
export type Proposal = Readonly<z.infer<typeof Proposal>>;

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
  /** The message or change itself, rendered; null when the arguments say it all. */
  preview: Preview.nullable(),
  /** What untrusted content was in view when the call was chosen; empty in a clean context. */
  sources: z.array(Source).readonly(),
  /** The delegation that led here, outermost first. */
  agentChain: z.array(AgentId).readonly(),
  /** What a wider answer grants unless the person edits it, argument by argument. */
  grant: z.array(Constraint).readonly(),
  /** Offered when the same question keeps coming, or would. */
  proposal: Proposal.nullable(),
  /** Whether the answer needs a fresh proof of who answers. */
  stepUp: z.boolean(),
  /** It is no part of the plan that this turn began with. */
  beyondPlan: z.boolean().optional(),
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
  // What it allowed could not be recorded and did not run: the person is asked anew.
  consumed: ["superseded"],
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
  /** The arguments as the person changed them before allowing; null when allowed as asked. `digest` then binds these. */
  edited: JsonObject.nullable(),
});
export type Approval = Readonly<z.infer<typeof Approval>>;

/** The part of an approval that a decision reads. */
export type ApprovalFacts = Pick<
  Approval,
  | "id"
  | "conversationId"
  | "turnId"
  | "callId"
  | "agentId"
  | "digest"
  | "state"
  | "createdAt"
  | "expiresAt"
  | "answeredBy"
  | "answeredAt"
>;

/** A person's answer. */
export const ApprovalAnswer = z.strictObject({
  answer: z.enum(["allow", "deny"]),
  scope: Scope.default("once"),
  reason: z.string().max(500).optional(),
  /** Allows the call with these arguments instead: all of them, as they shall be. */
  arguments: JsonObject.optional(),
  /** With a wider scope: the limits of the grant, instead of those on the card. They must fit the call just seen. */
  constraints: z.array(Constraint).max(50).readonly().optional(),
  /** With a wider scope: how many days the grant lasts; "never" ends it only by revoking. Left out: 90. */
  expires: z.union([z.int().min(1).max(3650), z.literal("never")]).optional(),
  /** With a denial: also stops the turn. */
  stop: z.boolean().optional(),
  /** A fresh proof of who answers, where the question needs one. */
  proof: z.string().max(500).optional(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;

/** What limits would have allowed among the recorded calls of that tool and agent. */
export const GrantPreview = z.strictObject({
  /** Whether they fit the call on the card. */
  fits: z.boolean(),
  /** Why they do not, in one sentence; null when they do. */
  problem: z.string().nullable(),
  /** Recorded calls looked at. */
  considered: z.int().nonnegative(),
  /** How many of those would run without asking. */
  allowed: z.int().nonnegative(),
  /** The newest few that would, with their arguments. */
  examples: z.array(z.strictObject({ callId: CallId, at: Instant, arguments: JsonObject, was: z.string() })).readonly(),
});
export type GrantPreview = Readonly<z.infer<typeof GrantPreview>>;

/** How much the owner is asked, over the last `days`. */
export const ApprovalMeasures = z.strictObject({
  days: z.int(),
  calls: z.int().nonnegative(),
  questions: z.int().nonnegative(),
  /** Null without calls. */
  questionsPer100Calls: z.number().nullable(),
  answered: z.int().nonnegative(),
  /** Median seconds from question to answer; null without answers. */
  secondsToAnswer: z.number().nullable(),
  /** Share of answers that allowed, from 0 to 1; null without answers. */
  allowRate: z.number().nullable(),
  /** Which tools ask most. */
  byTool: z.array(z.strictObject({ tool: z.string(), questions: z.int(), allowed: z.int() })).readonly(),
});
export type ApprovalMeasures = Readonly<z.infer<typeof ApprovalMeasures>>;
