import { CapabilityId, err, instantOf, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  Capability,
  CapabilityReach,
  Principal,
  Result,
  Scope,
  ToolCall,
} from "@moltbot/contracts";
import { argumentsProblem } from "./check-arguments.ts";
import { approvalDigest } from "./digest.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { findTarget } from "./load-decision.ts";
import { nearestGrant } from "./nearest-grant.ts";

/** How long a grant lasts, in milliseconds, that was made by answering a card: 90 days. Renewal is another question. */
const GRANT_AGE = 90 * 24 * 3_600_000;

const reachOf = (scope: Exclude<Scope, "once">, approval: Approval): CapabilityReach => {
  switch (scope) {
    case "task":
      return { kind: "task", turnId: approval.turnId };
    case "conversation":
      return { kind: "conversation", conversationId: approval.conversationId };
    case "always":
      return { kind: "always" };
  }
};

const drifted = err(
  moltbotError("CAPABILITY_INVALID", { problem: "the call is no longer the one that the question shows" }),
);

/** The call as the card shows it; whether it is the very call that was asked about, its digest says. */
const shownCall = async (ports: GuardPorts, scope: AccessScope, approval: Approval): Promise<Result<ToolCall>> => {
  const turn = await ports.store.turns.find(scope, approval.turnId);
  if (!turn.ok) return turn;
  return ok({
    id: approval.callId,
    turnId: approval.turnId,
    conversationId: approval.conversationId,
    agentId: approval.agentId,
    authority: turn.value.authority,
    agentChain: [approval.agentId],
    tool: approval.question.tool,
    arguments: Object.fromEntries(approval.question.arguments.map(({ name, value }) => [name, value])),
    label: approval.label,
  });
};

/**
 * The capability that a wider answer grants: exactly the nearest grant of the call on the card. The call is rebuilt from
 * what the person saw, resolved anew and must give the digest of the question, so nothing unseen is ever granted.
 */
export const grantFromAnswer = async (
  ports: GuardPorts,
  scope: AccessScope,
  by: Principal,
  approval: Approval,
  wide: Exclude<Scope, "once">,
): Promise<Result<Capability>> => {
  const call = await shownCall(ports, scope, approval);
  if (!call.ok) return err(call.error);
  const { manifest, resources, unresolved } = await findTarget(ports, call.value);
  const epoch = await ports.store.capabilities.epoch(scope);
  if (!epoch.ok) return err(epoch.error);
  if (manifest === undefined || unresolved !== null || argumentsProblem(manifest, call.value.arguments) !== null) {
    return drifted;
  }
  if (approvalDigest(ports.crypto, call.value, manifest, resources, epoch.value) !== approval.digest) return drifted;

  const now = ports.clock.now();
  const nearest = nearestGrant(call.value, manifest, resources);
  return ok({
    id: ports.ids.next(CapabilityId),
    tenantId: by.tenantId,
    holder: approval.agentId,
    tool: nearest.tool,
    permissions: nearest.permissions,
    constraints: nearest.constraints,
    rights: ["use"],
    reach: reachOf(wide, approval),
    expiresAt: instantOf(millisecondsOf(now) + GRANT_AGE),
    parent: null,
    epoch: epoch.value,
    issuedBy: by.id,
    issuedAt: now,
    revokedAt: null,
    reason: `Answer to the question ${approval.id}`,
  });
};
