import { ok } from "@moltbot/contracts";
import type { AccessScope, Approval, Result, ToolCall } from "@moltbot/contracts";
import type { GuardPorts } from "./guard-ports.ts";

const newest = (changed: readonly Approval[]): Approval | undefined =>
  changed.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];

/**
 * The call as a person last changed it; the call itself when nobody did. The change stays when its answer drifts, expires or is
 * consumed: a turn that is taken up again must ask about, or meet, the call that the person meant. It allows nothing by itself.
 */
export const asAnswered = async (
  ports: Pick<GuardPorts, "store">,
  scope: AccessScope,
  call: ToolCall,
): Promise<Result<ToolCall>> => {
  const approvals = await ports.store.approvals.ofTurn(scope, call.turnId);
  if (!approvals.ok) return approvals;
  const answered = newest(approvals.value.filter(({ callId, edited }) => callId === call.id && edited !== null));
  return ok(answered === undefined || answered.edited === null ? call : { ...call, arguments: answered.edited });
};
