import { done, err, moltbotError } from "@moltbot/contracts";
import type { AccessScope, Approval, ApprovalId, Principal, Result } from "@moltbot/contracts";
import type { GuardPorts } from "../guard-ports.ts";
import { isAhead, isCredible } from "../instant-order.ts";

/**
 * The question, for a person, an owner, and one of those whose conversation it is; APPROVAL_NOT_ANSWERABLE for an agent, a
 * server, a member or a stranger in the same chat.
 */
export const questionOf = async (
  ports: Pick<GuardPorts, "store">,
  scope: AccessScope,
  by: Principal,
  id: ApprovalId,
): Promise<Result<Approval>> => {
  if (by.kind !== "person" || by.role !== "owner") return err(moltbotError("APPROVAL_NOT_ANSWERABLE"));
  const approval = await ports.store.approvals.find(scope, id);
  if (!approval.ok) return approval;
  const conversation = await ports.store.conversations.find(scope, approval.value.conversationId);
  if (!conversation.ok && conversation.error.code !== "NOT_FOUND") return conversation;
  const belongs =
    conversation.ok && (conversation.value.ownerId === by.id || conversation.value.audience.includes(by.id));
  return belongs ? approval : err(moltbotError("APPROVAL_NOT_ANSWERABLE"));
};

/** Whether it still waits for an answer, by a clock nobody doubts. */
export const isOpen = (ports: Pick<GuardPorts, "clock">, approval: Approval): Result<void> => {
  const now = ports.clock.now();
  if (approval.state === "expired") return err(moltbotError("APPROVAL_EXPIRED"));
  if (approval.state !== "pending") {
    return err(moltbotError("APPROVAL_ALREADY_ANSWERED", { state: approval.state }));
  }
  return isAhead(approval.expiresAt, now) && isCredible(approval.createdAt, now)
    ? done
    : err(moltbotError("APPROVAL_EXPIRED"));
};
