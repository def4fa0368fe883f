import { z } from "zod";
import { AgentId, CallId, ConversationId, Instant, PlanId, TurnId } from "./ids.ts";
import { JsonObject, isJsonObject } from "./json.ts";
import type { JsonValue } from "./json.ts";
import { Label } from "./label.ts";

/** The names of what the turn loop itself offers to a model: no tool has them, and no permit stands before them. */
export const PLAN_TOOL = "plan.commit";
export const READER_TOOL = "quarantine.ask";

/** Stands for content that is kept out of a view: `h` and the last twelve digits of the id of the call or message that holds it. */
export const Handle = z
  .string()
  .regex(/^h[0-9a-f]{12}$/)
  .brand<"Handle">();
export type Handle = z.infer<typeof Handle>;

/** What a reader answers with: words stay behind a handle; everything else is one of few values. A list: one of these, fixed before reading. */
export const AnswerKind = z.union([
  z.enum(["text", "texts", "number", "date", "boolean"]),
  z.array(z.string().min(1).max(200)).min(2).max(64).readonly(),
]);
export type AnswerKind = z.infer<typeof AnswerKind>;

/** An earlier step of the same plan by its number (from 1), or content that was kept aside before. */
export const ContentRef = z.union([z.int().positive(), Handle]);
export type ContentRef = z.infer<typeof ContentRef>;

/**
 * A value that is not known yet, in the place of any value inside a step's arguments. Without `ask` it is the whole text of what
 * it names; with it, a reader without tools answers the question from that text alone.
 */
export const PlanReference = z.strictObject({
  $from: z.array(ContentRef).min(1).max(20).readonly(),
  ask: z.string().min(1).max(1_000).optional(),
  as: AnswerKind.default("text"),
});
export type PlanReference = Readonly<z.infer<typeof PlanReference>>;

/** Whether a value says that it is a reference, readable or not; one that says so and is none is no literal either. */
export const isReference = (value: JsonValue): value is JsonObject =>
  isJsonObject(value) && Object.hasOwn(value, "$from");

/** One call of a plan. `after` names steps that it must follow although it takes nothing from them. */
export const PlanStep = z.strictObject({
  tool: z.string().min(1).max(200),
  /** Literals, and references (objects with `$from`) anywhere inside. */
  arguments: JsonObject,
  after: z.array(z.int().positive()).max(20).readonly().default([]),
});
export type PlanStep = Readonly<z.infer<typeof PlanStep>>;

/** What a model asks to commit. */
export const PlanWish = z.strictObject({
  goal: z.string().max(300).default(""),
  steps: z.array(PlanStep).min(1).max(40).readonly(),
});
export type PlanWish = Readonly<z.infer<typeof PlanWish>>;

/** A plan as it was committed, before anything untrusted was in view; nothing changes it afterwards. */
export const Plan = z.strictObject({
  id: PlanId,
  turnId: TurnId,
  conversationId: ConversationId,
  agentId: AgentId,
  goal: z.string(),
  steps: z.array(PlanStep).readonly(),
  /** Of all that was in view when it was committed. */
  label: Label,
  committedAt: Instant,
  expiresAt: Instant,
});
export type Plan = Readonly<z.infer<typeof Plan>>;

/** Says which step of which plan a call is, and what its references brought in, each with its own label. */
export const PlannedStep = z.strictObject({
  planId: PlanId,
  /** From 1. */
  step: z.int().positive(),
  from: z.array(z.strictObject({ ref: ContentRef, label: Label })).readonly(),
});
export type PlannedStep = Readonly<z.infer<typeof PlannedStep>>;

/** The part of a plan that a decision about one of its calls reads. */
export interface PlanFacts {
  readonly plan: Plan;
  /** The call that took this step already; null when none did. */
  readonly takenBy: CallId | null;
}
