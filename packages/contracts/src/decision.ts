import { z } from "zod";
import { Constraint } from "./capability.ts";
import { AgentId, ApprovalId, CallId, CapabilityId, ConversationId, DecisionId, Instant, TurnId } from "./ids.ts";
import { JsonValue } from "./json.ts";
import { Label } from "./label.ts";
import { EffectClass } from "./tool.ts";
import type { DecisionInput } from "./verdict.ts";

/** What the guard decided and all that it looked at, so that the past can be explained and replayed. */
export interface DecisionRecord {
  readonly id: DecisionId;
  readonly callId: CallId;
  readonly turnId: TurnId;
  readonly conversationId: ConversationId;
  readonly agentId: AgentId;
  readonly at: Instant;
  readonly kind: "allow" | "ask" | "deny";
  readonly rule: string;
  /** The error's code of a refusal. */
  readonly code: string | null;
  /** Capabilities of other tools, which decide nothing, are left out. */
  readonly input: DecisionInput;
}

/** Why a call was allowed, asked about or refused, for people. */
export const Explanation = z.strictObject({
  id: DecisionId,
  at: Instant,
  callId: CallId,
  turnId: TurnId,
  conversationId: ConversationId,
  agentId: AgentId,
  tool: z.string(),
  /** Null when there is no such tool. */
  effect: EffectClass.nullable(),
  verdict: z.enum(["allow", "ask", "deny"]),
  rule: z.string(),
  /** The rule in one sentence. */
  says: z.string(),
  /** The error's code of a refusal. */
  code: z.string().nullable(),
  /** Of all that was in view when the call was chosen. */
  context: Label,
  arguments: z
    .array(z.strictObject({ name: z.string(), value: JsonValue, critical: z.boolean(), origin: z.string() }))
    .readonly(),
  /** Each capability for this tool that was looked at, and the first thing that kept it from counting; null: by itself it would let the call happen. */
  capabilities: z
    .array(z.strictObject({ id: CapabilityId, reason: z.string(), keptFrom: z.string().nullable() }))
    .readonly(),
  approvals: z.array(z.strictObject({ id: ApprovalId, state: z.string() })).readonly(),
  /** Operator policies that forbid it. */
  forbiddenBy: z.array(z.string()).readonly(),
  /** The narrowest grant that would allow it; null when none would. */
  nearest: z
    .strictObject({
      tool: z.string(),
      permissions: z.array(z.string()).readonly(),
      constraints: z.array(Constraint).readonly(),
    })
    .nullable(),
});
export type Explanation = Readonly<z.infer<typeof Explanation>>;

/** What would have gone differently. */
export const SimulationReport = z.strictObject({
  replayed: z.int().nonnegative(),
  same: z.int().nonnegative(),
  /** `was → would` with its number, such as "allow → deny". */
  changes: z.record(z.string(), z.int()),
  /** The newest few that differ. */
  examples: z
    .array(
      z.strictObject({
        decisionId: DecisionId,
        callId: CallId,
        at: Instant,
        tool: z.string(),
        was: z.string(),
        would: z.string(),
        rule: z.string(),
      }),
    )
    .readonly(),
});
export type SimulationReport = Readonly<z.infer<typeof SimulationReport>>;
