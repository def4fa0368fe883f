import { moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, Result, ToolCall } from "@moltbot/contracts";
import type { Performed } from "@moltbot/core/agent";
import type { Guard } from "@moltbot/core/guard";
import type { House } from "./house.ts";
import { unknownPart } from "./result-parts.ts";

/** A call that a repetition cannot change and that no approval was spent on: an approval allows one run, and that one may have happened. */
const mayRunAgain = async (house: House, scope: AccessScope, call: ToolCall): Promise<Result<boolean>> => {
  const manifest = house.tools.catalog().find((tool) => tool.name === call.tool);
  if (manifest === undefined || !(manifest.repeatable || manifest.effect === "read" || manifest.effect === "fetch"))
    return ok(false);
  const approvals = await house.store.approvals.ofTurn(scope, call.turnId);
  if (!approvals.ok) return approvals;
  return ok(!approvals.value.some(({ callId, state }) => callId === call.id && state === "consumed"));
};

/**
 * Looks at what the ledger says of a call before it is considered. Admitted without an outcome means that the program ended
 * while it ran: a call that a repetition cannot change goes to the guard once more, any other ends as `unknown`, recorded and
 * shown. Null: go on.
 */
export const hiddenByCrash = async (
  house: House,
  guard: Guard,
  scope: AccessScope,
  call: ToolCall,
): Promise<Result<Performed | null>> => {
  const record = await house.store.calls.find(scope, call.id);
  if (!record.ok) return record;
  if (record.value === null || record.value.state === "asked") return ok(null);
  const again = await mayRunAgain(house, scope, call);
  if (!again.ok) return again;
  if (again.value && record.value.state === "admitted") return ok(null);
  // Settled before, but its result message was lost with the process: what it said is gone, that it ran is not.
  const settled =
    record.value.state === "admitted"
      ? await guard.settle(scope, call, "unknown", "TOOL_OUTCOME_UNKNOWN")
      : ok(undefined);
  if (!settled.ok) return settled;
  if (record.value.state === "refused") return ok(null);
  return ok(unknownPart(call, moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: call.tool })));
};
