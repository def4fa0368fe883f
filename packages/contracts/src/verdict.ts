import type { Approval, Question } from "./approval.ts";
import type { Capability, Constraint } from "./capability.ts";
import type { MoltbotError } from "./errors/moltbot-error.ts";
import type { CapabilityId, Digest, Instant, PermitId, ToolName } from "./ids.ts";
import type { ResolvedResource, ToolCall, ToolManifest } from "./tool.ts";

/** The narrowest grant that would have allowed a call. */
export interface NearestGrant {
  readonly tool: ToolName;
  readonly permissions: readonly string[];
  readonly constraints: readonly Constraint[];
}

/** Everything a decision may look at: plain data, no I/O, no clock, no randomness. */
export interface DecisionInput {
  readonly call: ToolCall;
  /** Undefined when no tool has that name. */
  readonly manifest: ToolManifest | undefined;
  readonly resources: readonly ResolvedResource[];
  readonly capabilities: readonly Capability[];
  readonly approvals: readonly Approval[];
  /** Texts the authority wrote in this task, for *stated*. */
  readonly stated: readonly string[];
  readonly epoch: number;
  readonly now: Instant;
  /** SHA-256 over the approval binding (see guard), computed by the caller through CryptoPort. */
  readonly digest: Digest;
}

/** The answer of `decide`, as plain data; `rule` names the row of the decision table that gave it. */
export type Verdict =
  | {
      readonly kind: "allow";
      readonly rule: string;
      readonly digest: Digest;
      readonly because:
        | { readonly kind: "capability"; readonly capabilityId: CapabilityId }
        | { readonly kind: "approval"; readonly approval: Approval };
    }
  | { readonly kind: "ask"; readonly rule: string; readonly digest: Digest; readonly question: Question }
  | {
      readonly kind: "deny";
      readonly rule: string;
      readonly error: MoltbotError;
      readonly nearest: NearestGrant | null;
    };

declare const permitBrand: unique symbol;
/**
 * One use of authority, minted by the guard for one exact call. Its worth is its object identity inside this process: a
 * copy, a forgery or a second use does nothing.
 */
export interface Permit {
  readonly [permitBrand]: true;
  readonly id: PermitId;
}

/** The other end of `admit`: execution redeems a permit through this port and never sees the guard. */
export interface PermitRedeemer {
  /** Succeeds once per permit, for the call it was minted for, while fresh; otherwise PERMIT_INVALID, PERMIT_SPENT or PERMIT_STALE. */
  redeem(permit: Permit, call: ToolCall): import("./result.ts").Result<void>;
}
