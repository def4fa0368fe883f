import { done, err, moltbotError, roleSuffices } from "@moltbot/contracts";
import type { AccessScope, Approval, ApprovalId, Principal, Result } from "@moltbot/contracts";
import type { GuardPorts } from "../guard-ports.ts";
import { isAhead, isCredible } from "../instant-order.ts";

/**
 * The question, for the person for whom its turn runs; APPROVAL_NOT_ANSWERABLE for an agent, a server, a viewer, another sender in the
 * same chat, and for whoever keeps the house.
 */
export const questionOf = async (
  ports: Pick<GuardPorts, "store">,
  scope: AccessScope,
  by: Principal,
  id: ApprovalId,
): Promise<Result<Approval>> => {
  if (by.kind !== "person" || !roleSuffices(by.role, "member")) return err(moltbotError("APPROVAL_NOT_ANSWERABLE"));
  const approval = await ports.store.approvals.find(scope, id);
  if (!approval.ok) return approval;
  const turn = await ports.store.turns.find(scope, approval.value.turnId);
  if (!turn.ok && turn.error.code !== "NOT_FOUND") return turn;
  const isTheirs = turn.ok && turn.value.authority === by.id && turn.value.ownerId === by.id;
  return isTheirs ? approval : err(moltbotError("APPROVAL_NOT_ANSWERABLE"));
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
