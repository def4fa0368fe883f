import { APPROVAL_TRANSITIONS } from "@moltbot/contracts";
import type { ApprovalFacts, ApprovalState, DecisionInput } from "@moltbot/contracts";
import { isAhead, isCredible } from "./instant-order.ts";

/** Whether the state machine has this step. */
export const mayMove = (from: ApprovalState, to: ApprovalState): boolean => APPROVAL_TRANSITIONS[from].includes(to);

/** What earlier answers say about a call; `none`: nothing that counts. */
export type Standing =
  | { readonly kind: "none" }
  | { readonly kind: "approved"; readonly approval: ApprovalFacts }
  | { readonly kind: "denied" | "silent" | "cancelled" | "spent" };

const isOfCall = (approval: ApprovalFacts, { call }: DecisionInput): boolean =>
  approval.callId === call.id &&
  approval.turnId === call.turnId &&
  approval.conversationId === call.conversationId &&
  approval.agentId === call.agentId;

/** A yes counts for the very call that was seen, while fresh, from a person, by a clock nobody doubts. */
const approves = (approval: ApprovalFacts, input: DecisionInput): boolean =>
  approval.state === "allowed" &&
  approval.digest === input.digest &&
  approval.answeredBy !== null &&
  approval.answeredAt !== null &&
  isCredible(approval.createdAt, input.now) &&
  isCredible(approval.answeredAt, input.now) &&
  isAhead(approval.expiresAt, input.now);

/** Nobody answered in time. A yes that nobody used in time is no silence: that asks again. */
const isSilence = (approval: ApprovalFacts, input: DecisionInput): boolean =>
  approval.digest === input.digest &&
  approval.answeredBy === null &&
  (approval.state === "expired" || (approval.state === "pending" && !isAhead(approval.expiresAt, input.now)));

/**
 * Reads the approvals of a call. A no, a stop or silence stands against any yes; a yes needs the same digest, so whatever
 * drifted asks again.
 */
export const standingOf = (input: DecisionInput): Standing => {
  const own = input.approvals.filter((approval) => isOfCall(approval, input));
  if (own.some(({ state }) => state === "denied")) return { kind: "denied" };
  if (own.some(({ state }) => state === "cancelled")) return { kind: "cancelled" };
  const approval = own.find((candidate) => approves(candidate, input));
  if (approval !== undefined) return { kind: "approved", approval };
  if (own.some((candidate) => isSilence(candidate, input))) return { kind: "silent" };
  return own.some(({ state }) => state === "consumed") ? { kind: "spent" } : { kind: "none" };
};
