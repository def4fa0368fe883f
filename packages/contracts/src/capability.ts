import { z } from "zod";
import { AgentId, CapabilityId, ConversationId, Instant, PrincipalId, TenantId, ToolName, TurnId } from "./ids.ts";
import { JsonValue } from "./json.ts";

/** A typed limit on one argument, checked against the canonical arguments and what they resolve to. */
export const Constraint = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("equals"), argument: z.string(), value: JsonValue }),
  z.strictObject({ kind: z.literal("one-of"), argument: z.string(), values: z.array(JsonValue).min(1).readonly() }),
  z.strictObject({ kind: z.literal("at-most"), argument: z.string(), limit: z.number() }),
  /** `host:port`, exactly. */
  z.strictObject({ kind: z.literal("host-in"), argument: z.string(), hosts: z.array(z.string()).min(1).readonly() }),
  /** A folder relative to the workspace; "" is the workspace itself. */
  z.strictObject({ kind: z.literal("path-within"), argument: z.string(), root: z.string() }),
]);
export type Constraint = Readonly<z.infer<typeof Constraint>>;

/** How long an answer holds. */
export const SCOPES = ["once", "task", "conversation", "always"] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

/** Where a capability holds: everywhere, in one conversation, or in one turn. */
export const CapabilityReach = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("always") }),
  z.strictObject({ kind: z.literal("conversation"), conversationId: ConversationId }),
  z.strictObject({ kind: z.literal("task"), turnId: TurnId }),
]);
export type CapabilityReach = z.infer<typeof CapabilityReach>;

/** A standing grant held by a principal. `expiresAt` is required; "never" is what the owner spelled out. */
export const Capability = z.strictObject({
  id: CapabilityId,
  tenantId: TenantId,
  holder: AgentId,
  tool: ToolName,
  permissions: z.array(z.string()).readonly(),
  constraints: z.array(Constraint).readonly(),
  rights: z
    .array(z.enum(["use", "delegate"]))
    .min(1)
    .readonly(),
  reach: CapabilityReach,
  expiresAt: z.union([Instant, z.literal("never")]),
  parent: CapabilityId.nullable(),
  epoch: z.int().nonnegative(),
  issuedBy: PrincipalId,
  issuedAt: Instant,
  revokedAt: Instant.nullable(),
  reason: z.string().max(500),
});
export type Capability = Readonly<z.infer<typeof Capability>>;
