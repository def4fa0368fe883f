import { done, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalAnswer,
  ApprovalId,
  Capability,
  Principal,
  Result,
} from "@moltbot/contracts";
import { canonicalText } from "./canonical.ts";
import { grantFromAnswer } from "./grant-from-answer.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { isAhead, isCredible } from "./instant-order.ts";
import { approvalIds, record, subjectOf } from "./record.ts";

/** A person, an owner, and one of those whose conversation it is. Never an agent, a server or a stranger in the same chat. */
const mayAnswer = async (
  ports: GuardPorts,
  scope: AccessScope,
  by: Principal,
  approval: Approval,
): Promise<Result<void>> => {
  const conversation = await ports.store.conversations.find(scope, approval.conversationId);
  if (!conversation.ok && conversation.error.code !== "NOT_FOUND") return conversation;
  const belongs =
    conversation.ok && (conversation.value.ownerId === by.id || conversation.value.audience.includes(by.id));
  return belongs ? done : err(moltbotError("APPROVAL_NOT_ANSWERABLE"));
};

const isOpen = (ports: GuardPorts, approval: Approval): Result<void> => {
  const now = ports.clock.now();
  if (approval.state === "expired") return err(moltbotError("APPROVAL_EXPIRED"));
  if (approval.state !== "pending") {
    return err(moltbotError("APPROVAL_ALREADY_ANSWERED", { state: approval.state }));
  }
  return isAhead(approval.expiresAt, now) && isCredible(approval.createdAt, now)
    ? done
    : err(moltbotError("APPROVAL_EXPIRED"));
};

const grantOf = async (
  ports: GuardPorts,
  scope: AccessScope,
  by: Principal,
  approval: Approval,
  given: ApprovalAnswer,
): Promise<Result<Capability | null>> => {
  if (given.answer === "deny" || given.scope === "once") return ok(null);
  if (!approval.question.scopes.includes(given.scope)) {
    return err(
      moltbotError("CAPABILITY_INVALID", { problem: `this question cannot be answered for "${given.scope}"` }),
    );
  }
  return grantFromAnswer(ports, scope, by, approval, given.scope);
};

const recordAnswer = (ports: GuardPorts, by: Principal, approval: Approval, given: ApprovalAnswer) =>
  record(ports, {
    event: "approval:answered",
    actor: by.id,
    fields: { ...approvalIds(approval), answer: given.answer, scope: given.scope },
    ...(given.reason === undefined ? {} : { details: { reason: given.reason } }),
    subject: subjectOf(approval),
  });

const recordGrant = (ports: GuardPorts, by: Principal, approval: Approval, capability: Capability) =>
  record(ports, {
    event: "capability:granted",
    actor: by.id,
    fields: {
      ...approvalIds(approval),
      capabilityId: capability.id,
      reach: capability.reach.kind,
      expiresAt: capability.expiresAt,
      epoch: capability.epoch,
    },
    details: { constraints: canonicalText(capability.constraints) ?? "not canonical" },
    subject: subjectOf(approval),
  });

const takeEffect = (
  ports: GuardPorts,
  scope: AccessScope,
  by: Principal,
  approval: Approval,
  given: ApprovalAnswer,
  capability: Capability | null,
) =>
  ports.store.atomically<Approval>(async (repositories) => {
    const moved = await repositories.approvals.move(
      scope,
      approval.id,
      "pending",
      given.answer === "allow" ? "allowed" : "denied",
      { answeredBy: by.id, answeredAt: ports.clock.now(), scope: given.scope, reason: given.reason ?? null },
    );
    if (!moved.ok || capability === null) return moved;
    const created = await repositories.capabilities.create(scope, capability);
    return created.ok ? moved : err(created.error);
  });

/**
 * A person's answer: judged, recorded durably, and only then in force, together with the capability that a wider scope
 * grants. The first answer wins. It wakes nobody: that is the caller's part.
 */
export const answer = async (
  ports: GuardPorts,
  by: Principal,
  id: ApprovalId,
  given: ApprovalAnswer,
): Promise<Result<Approval>> => {
  if (by.kind !== "person" || by.role !== "owner") return err(moltbotError("APPROVAL_NOT_ANSWERABLE"));
  const scope = ownScope(by);
  const found = await ports.store.approvals.find(scope, id);
  if (!found.ok) return found;
  const approval = found.value;
  const right = await mayAnswer(ports, scope, by, approval);
  if (!right.ok) return err(right.error);
  const open = isOpen(ports, approval);
  if (!open.ok) return err(open.error);
  const capability = await grantOf(ports, scope, by, approval, given);
  if (!capability.ok) return err(capability.error);

  const recorded = await recordAnswer(ports, by, approval, given);
  if (!recorded.ok) return err(recorded.error);
  if (capability.value !== null) {
    const granted = await recordGrant(ports, by, approval, capability.value);
    if (!granted.ok) return err(granted.error);
  }
  // The record took time: what expired meanwhile stays expired.
  const still = isOpen(ports, approval);
  const effective = still.ok ? await takeEffect(ports, scope, by, approval, given, capability.value) : err(still.error);
  if (effective.ok) return effective;
  // Another gateway or the clock was first: the log says that this recorded answer never came into force.
  await record(ports, {
    event: "approval:answer-void",
    actor: by.id,
    fields: { ...approvalIds(approval), code: effective.error.code, capabilityId: capability.value?.id ?? null },
  });
  return effective;
};
