import { z } from "zod";
import { AgentId, CallId, ConversationId, Instant, MessageId, PrincipalId, ReminderId, TurnId } from "./ids.ts";
import { JsonObject } from "./json.ts";
import { Label } from "./label.ts";
import { Plan, PlannedStep } from "./plan.ts";
import { Signal } from "./signal.ts";

/** How words of somebody else came into a message: never the author's own, always untrusted. */
export const QUOTE_KINDS = ["pasted", "quoted", "forwarded", "attached"] as const;

/** A part of a message. `call` and `result` are what a model asked for and what came of it. */
export const MessagePart = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({
    type: z.literal("quote"),
    kind: z.enum(QUOTE_KINDS),
    /** Whom or what it names as its origin; a claim. */
    from: z.string().max(200).nullable(),
    text: z.string(),
    label: Label,
    signals: z.array(Signal).readonly().optional(),
  }),
  z.strictObject({
    type: z.literal("call"),
    callId: CallId,
    tool: z.string(),
    arguments: JsonObject,
    /** As in `ToolCall`. */
    values: z.record(z.string(), Label).optional(),
    planned: PlannedStep.optional(),
  }),
  /** What the model committed to at the beginning of the turn. */
  z.strictObject({ type: z.literal("plan"), plan: Plan }),
  z.strictObject({
    type: z.literal("result"),
    callId: CallId,
    tool: z.string(),
    /** `refused` by the guard or a person, `unknown` when a crash hid the outcome. */
    status: z.enum(["ok", "refused", "failed", "unknown"]),
    /** What the model reads. */
    text: z.string(),
    /** What people read. */
    summary: z.string(),
    /** The error's code when it was refused or failed. */
    code: z.string().nullable(),
    /** How many recognised secrets were kept back from the text. */
    secrets: z.int().positive().optional(),
    signals: z.array(Signal).readonly().optional(),
    /** Set on what a quarantined reader answered: how many bits entered the view (0 for words, which stay behind a handle), and the label of the answer as a value. */
    reader: z.strictObject({ bits: z.int().nonnegative(), label: Label }).optional(),
  }),
  z.strictObject({
    type: z.literal("reminder"),
    reminderId: ReminderId,
    text: z.string(),
    dueAt: Instant,
    late: z.boolean(),
  }),
]);
export type MessagePart = Readonly<z.infer<typeof MessagePart>>;

export const MESSAGE_STATES = ["complete", "stopped", "cut-off", "failed", "unknown", "removed"] as const;

/** A node of the conversation tree. */
export const Message = z.strictObject({
  id: MessageId,
  conversationId: ConversationId,
  parentId: MessageId.nullable(),
  role: z.enum(["user", "assistant", "tool", "notice"]),
  author: z.union([PrincipalId, AgentId]),
  turnId: TurnId.nullable(),
  parts: z.array(MessagePart).readonly(),
  label: Label,
  state: z.enum(MESSAGE_STATES),
  /** Which model wrote it; `demonstration` marks the embedded demonstration model. Null for people and notices. */
  model: z.strictObject({ name: z.string(), demonstration: z.boolean() }).nullable(),
  createdAt: Instant,
});
export type Message = Readonly<z.infer<typeof Message>>;

/** A tree of messages; a branch is a named head. */
export const Conversation = z.strictObject({
  id: ConversationId,
  agentId: AgentId,
  ownerId: PrincipalId,
  audience: z.array(PrincipalId).readonly(),
  title: z.string(),
  heads: z.record(z.string(), MessageId.nullable()),
  activeHead: z.string(),
  createdAt: Instant,
  updatedAt: Instant,
});
export type Conversation = Readonly<z.infer<typeof Conversation>>;
