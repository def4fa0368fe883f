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

/** What an earlier process left of a call. `again`: it was interrupted, and may run once more if it is still allowed. */
export type Past =
  | { readonly kind: "none" }
  | { readonly kind: "again" }
  | { readonly kind: "over"; readonly performed: Performed };

/** Ends a call whose outcome a crash hid: recorded and shown as `unknown`, never as refused, since it may have run. */
export const endUnknown = async (
  guard: Pick<Guard, "settle">,
  scope: AccessScope,
  call: ToolCall,
): Promise<Result<Performed>> => {
  const settled = await guard.settle(scope, call, "unknown", "TOOL_OUTCOME_UNKNOWN");
  return settled.ok ? ok(unknownPart(call, moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: call.tool }))) : settled;
};

const over = (performed: Result<Performed>): Result<Past> =>
  performed.ok ? ok({ kind: "over", performed: performed.value }) : performed;

/**
 * Looks at what the ledger says of a call before it is considered. Admitted without an outcome means that the program ended
 * while it ran: a call that a repetition cannot change goes to the guard once more, any other ends as `unknown`. One that was
 * settled lost its result with the process, and perhaps the record of its outcome: that is written again.
 */
export const hiddenByCrash = async (
  house: House,
  guard: Pick<Guard, "settle">,
  scope: AccessScope,
  call: ToolCall,
): Promise<Result<Past>> => {
  const record = await house.store.calls.find(scope, call.id);
  if (!record.ok) return record;
  const state = record.value?.state ?? "asked";
  switch (state) {
    case "asked":
    case "refused":
      return ok({ kind: "none" });
    case "admitted": {
      const again = await mayRunAgain(house, scope, call);
      if (!again.ok) return again;
      return again.value ? ok({ kind: "again" }) : over(await endUnknown(guard, scope, call));
    }
    case "unknown":
      return over(await endUnknown(guard, scope, call));
    case "done":
    case "failed": {
      const settled = await guard.settle(scope, call, state, null); // why it failed was in the record alone
      if (!settled.ok) return settled;
      // What it said is gone, that it ran is not.
      return over(ok(unknownPart(call, moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: call.tool }))));
    }
  }
};
