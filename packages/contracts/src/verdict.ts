import type { ApprovalFacts, Question } from "./approval.ts";
import type { Contact } from "./contact.ts";
import type { PlanFacts } from "./plan.ts";
import type { Capability, CapabilityUsage, Constraint } from "./capability.ts";
import type { MoltbotError } from "./errors/moltbot-error.ts";
import type { CapabilityId, Digest, Instant, PermitId, ToolName } from "./ids.ts";
import type { ManifestFacts, ResolvedResource, ToolCall } from "./tool.ts";

/** The narrowest grant that would have allowed a call. */
export interface NearestGrant {
  readonly tool: ToolName;
  readonly permissions: readonly string[];
  readonly constraints: readonly Constraint[];
}

/** Where and why arguments do not fit; never holds a value, since values are a stranger's text. */
export interface ArgumentsProblem {
  readonly path: string;
  readonly problem: string;
}

/** A bound on how much may happen; `used` counts what happened before this call. */
export interface Budget {
  /** Such as `calls in this turn`. */
  readonly name: string;
  readonly limit: number;
  readonly used: number;
}

/** Everything a decision may look at: plain JSON data, so that it can be recorded and replayed. No I/O, no clock, no randomness. */
export interface DecisionInput {
  readonly call: ToolCall;
  /** Undefined when no tool has that name. */
  readonly manifest: ManifestFacts | undefined;
  /** Why the arguments do not fit the tool's schema; null when they do. */
  readonly problem: ArgumentsProblem | null;
  readonly resources: readonly ResolvedResource[];
  /** Of every agent in the call's chain. */
  readonly capabilities: readonly Capability[];
  /** Of the capabilities that count something. */
  readonly usage: readonly CapabilityUsage[];
  readonly approvals: readonly ApprovalFacts[];
  /** Texts the authority wrote in this task, for *stated*. */
  readonly stated: readonly string[];
  /** The plan whose step the call says it is; absent when it names none, or none is kept. */
  readonly plan?: PlanFacts;
  /** Whether this turn has a plan: once content from outside is in view, a consequential call that is not in it asks. */
  readonly turnIsPlanned?: boolean;
  /** What the authority's directories hold of the addresses in the call. */
  readonly directory?: readonly Pick<Contact, "name" | "address">[];
  /** The operator's policy: its version, and the ids of what in it forbids this call. Forbid wins. */
  readonly policy: { readonly version: string; readonly forbidden: readonly string[] };
  readonly budgets: readonly Budget[];
  /** Whether the owner has stopped everything. */
  readonly stopped: boolean;
  /** False where nobody may be asked: what would be a question is refused, with the nearest grant. */
  readonly mayAsk: boolean;
  /** Whether a person must prove anew who answers questions about commits that always ask. */
  readonly stepUp: boolean;
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
        | { readonly kind: "approval"; readonly approval: ApprovalFacts };
    }
  | {
      readonly kind: "ask";
      readonly rule: string;
      readonly digest: Digest;
      readonly question: Question;
      readonly nearest: NearestGrant | null;
    }
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

/** What a redeemed permit says of the call beyond its arguments. */
export interface Redeemed {
  /** Every limit of the capability that allowed it and of those it hangs on: what the call does on its way keeps to them too. */
  readonly bounds: readonly Constraint[];
  /** What the call pointed at when it was allowed: what it acts on must be that. */
  readonly resources: readonly ResolvedResource[];
}

/** The other end of `admit`: execution redeems a permit through this port and never sees the guard. */
export interface PermitRedeemer {
  /** Succeeds once per permit, for the call it was minted for, while fresh; otherwise PERMIT_INVALID, PERMIT_SPENT or PERMIT_STALE. */
  redeem(permit: Permit, call: ToolCall): import("./result.ts").Result<Redeemed>;
}
