import { err, ok, PrincipalId, TenantId } from "@moltbot/contracts";
import type { AccessScope, Result, TurnId } from "@moltbot/contracts";
import type { GuardPorts } from "./guard-ports.ts";
import { isAhead } from "./instant-order.ts";
import { approvalIds, record } from "./record.ts";

/** How many are read at one sweep; the next sweep finds the rest. */
const SWEEP = 1_000;

/** A schedule acts for every tenant; its reach says so, and the ids, which belong to nobody, match nothing. */
const systemScope = (ports: GuardPorts): AccessScope => ({
  tenantId: ports.ids.next(TenantId),
  principalId: ports.ids.next(PrincipalId),
  reach: "system",
});

/**
 * Records and expires what nobody answered or used in time, and returns the turns that wait for it, each once. When the
 * record fails, nothing is moved: those approvals are past their time and count for nothing anyhow, and the next sweep tries again.
 */
export const expire = async (ports: GuardPorts): Promise<Result<readonly TurnId[]>> => {
  const scope = systemScope(ports);
  const now = ports.clock.now();
  for (const state of ["pending", "allowed"] as const) {
    const listed = await ports.store.approvals.list(scope, state, SWEEP);
    if (!listed.ok) return err(listed.error);
    for (const approval of listed.value.filter(({ expiresAt }) => !isAhead(expiresAt, now))) {
      const fields = { ...approvalIds(approval), was: state };
      const recorded = await record(ports, { event: "approval:expired", actor: "system", fields });
      if (!recorded.ok) return err(recorded.error);
    }
  }
  const expired = await ports.store.approvals.expire(scope, now);
  return expired.ok ? ok([...new Set(expired.value.map(({ turnId }) => turnId))]) : err(expired.error);
};
