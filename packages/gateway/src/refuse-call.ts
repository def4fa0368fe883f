import { ok } from "@moltbot/contracts";
import type { AccessScope, Result, ToolCall, Verdict } from "@moltbot/contracts";
import type { Performed } from "@moltbot/core/agent";
import type { Guard } from "@moltbot/core/guard";
import type { House } from "./house.ts";
import { refusalPart } from "./result-parts.ts";
import { alarmOf } from "./signals.ts";

type Deny = Extract<Verdict, { kind: "deny" }>;

/** The words that a person gave with a denial of this call; null without any. */
const reasonOf = async (
  house: Pick<House, "store">,
  scope: AccessScope,
  call: ToolCall,
  { rule }: Deny,
): Promise<Result<string | null>> => {
  if (rule !== "approval.denied") return ok(null);
  const approvals = await house.store.approvals.ofTurn(scope, call.turnId);
  if (!approvals.ok) return approvals;
  return ok(approvals.value.find(({ callId, state }) => callId === call.id && state === "denied")?.reason ?? null);
};

/** Records a refusal and tells the model why, in the person's own words where a person denied it. */
export const refuseCall = async (
  house: Pick<House, "store" | "audit" | "events" | "log" | "canaries">,
  guard: Pick<Guard, "refuse">,
  scope: AccessScope,
  call: ToolCall,
  verdict: Deny,
): Promise<Result<Performed>> => {
  const refused = await guard.refuse(scope, call, verdict);
  if (!refused.ok) return refused;
  const alarm = await alarmOf(house, scope, call, verdict);
  if (!alarm.ok) return alarm;
  const reason = await reasonOf(house, scope, call, verdict);
  return reason.ok ? ok(refusalPart(call, verdict, reason.value)) : reason;
};
