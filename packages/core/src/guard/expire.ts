import { done, err, ok, PrincipalId, TenantId } from "@moltbot/contracts";
import type { AccessScope, ApprovalFacts, Result, TurnId } from "@moltbot/contracts";
import type { GuardPorts } from "./guard-ports.ts";
import { record } from "./record.ts";

/** How many are recorded and moved at once. */
const SWEEP = 200;

/** A schedule acts for every tenant; its reach says so, and the ids, which belong to nobody, match nothing. */
const systemScope = (ports: GuardPorts): AccessScope => ({
  tenantId: ports.ids.next(TenantId),
  principalId: ports.ids.next(PrincipalId),
  reach: "system",
});

const recordAll = async (ports: GuardPorts, due: readonly ApprovalFacts[]): Promise<Result<void>> => {
  for (const { id, callId, turnId, conversationId, agentId, state } of due) {
    const fields = { approvalId: id, callId, turnId, conversationId, agentId, was: state };
    const recorded = await record(ports, { event: "approval:expired", actor: "system", fields });
    if (!recorded.ok) return recorded;
  }
  return done;
};

/**
 * Records and expires what nobody answered or used in time, and returns the turns that wait for it, each once. When the
 * record fails, nothing is moved: those approvals are past their time and count for nothing anyhow, and the next sweep tries again.
 */
export const expire = async (ports: GuardPorts): Promise<Result<readonly TurnId[]>> => {
  const scope = systemScope(ports);
  const now = ports.clock.now();
  const turns = new Set<TurnId>();
  for (;;) {
    const due = await ports.store.approvals.due(scope, now, SWEEP);
    if (!due.ok) return err(due.error);
    if (due.value.length === 0) return ok([...turns]);
    const recorded = await recordAll(ports, due.value);
    if (!recorded.ok) return err(recorded.error);
    const ids = due.value.map(({ id }) => id);
    const expired = await ports.store.approvals.expire(scope, ids, now);
    if (!expired.ok) return err(expired.error);
    for (const { turnId } of expired.value) turns.add(turnId);
  }
};
