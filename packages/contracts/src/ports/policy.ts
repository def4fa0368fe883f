import { z } from "zod";
import type { Instant } from "../ids.ts";
import type { Result } from "../result.ts";
import type { ManifestFacts, ResolvedResource, ToolCall } from "../tool.ts";

/** What an operator's policy may look at. */
export interface PolicyFacts {
  readonly call: ToolCall;
  readonly manifest: ManifestFacts;
  readonly resources: readonly ResolvedResource[];
  readonly now: Instant;
}

/** The operator's policy in force: it can forbid, never allow. */
export interface PolicyOverlay {
  /** Changes whenever the policy does; bound into every approval's digest. "none" without a policy. */
  readonly version: string;
  /** Ids of what forbids the call; empty when nothing does. Total: what cannot be evaluated forbids as `policy.failed`. */
  forbids(facts: PolicyFacts): readonly string[];
}

/** A fault of a policy text, with its place. */
export const PolicyProblem = z.strictObject({
  line: z.int().nullable(),
  column: z.int().nullable(),
  problem: z.string(),
});
export type PolicyProblem = Readonly<z.infer<typeof PolicyProblem>>;

/** Reads policy texts (Cedar), validated against our schema. */
export interface PolicyReader {
  /** POLICY_INVALID with the first fault. */
  read(text: string): Promise<Result<PolicyOverlay>>;
  /** Every fault; empty when it is valid. */
  check(text: string): Promise<readonly PolicyProblem[]>;
}
