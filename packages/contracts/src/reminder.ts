import { z } from "zod";
import { AgentId, CallId, ConversationId, Instant, MemoryId, PrincipalId, ReminderId } from "./ids.ts";
import { Label } from "./label.ts";

/** Every firing is accounted for: `fired` on time or late, `cancelled` by a person. */
export const REMINDER_STATES = ["scheduled", "fired", "cancelled"] as const;
export const Reminder = z.strictObject({
  id: ReminderId,
  ownerId: PrincipalId,
  agentId: AgentId,
  conversationId: ConversationId,
  /** The call that created it; unique, so a repeated call creates nothing. */
  callId: CallId,
  text: z.string(),
  dueAt: Instant,
  state: z.enum(REMINDER_STATES),
  createdAt: Instant,
  firedAt: Instant.nullable(),
  label: Label,
});
export type Reminder = Readonly<z.infer<typeof Reminder>>;

/** One thing the assistant was told to remember. */
export const Memory = z.strictObject({
  id: MemoryId,
  ownerId: PrincipalId,
  agentId: AgentId,
  callId: CallId,
  text: z.string(),
  label: Label,
  createdAt: Instant,
});
export type Memory = Readonly<z.infer<typeof Memory>>;
