import { moltbotError } from "@moltbot/contracts";
import type { ErrorCode, ErrorContext, MoltbotError, NearestGrant, Verdict } from "@moltbot/contracts";

export type Deny = Extract<Verdict, { kind: "deny" }>;

/** A refusal as plain data. */
export const refusal = (rule: string, error: MoltbotError, nearest: NearestGrant | null = null): Deny => ({
  kind: "deny",
  rule,
  error,
  nearest,
});

/** A refusal with an error of the table. */
export const deny = (rule: string, code: ErrorCode, context: ErrorContext, nearest: NearestGrant | null = null): Deny =>
  refusal(rule, moltbotError(code, context), nearest);
