import { ApprovalId, CallId, DecisionId, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { AccessScope, DecisionRecord, Explanation, Principal, Result } from "@moltbot/contracts";
import type { GuardPorts } from "../guard-ports.ts";
import { explain } from "./explain.ts";

const unknown = (): Result<never> => err(moltbotError("NOT_FOUND", { kind: "decision" }));

/** Another kind of id is no fault; a database that does not answer is. */
const orNone = <T>(result: Result<T>): Result<T | null> =>
  result.ok || result.error.code !== "NOT_FOUND" ? result : ok(null);

const callOfQuestion = async (ports: GuardPorts, scope: AccessScope, id: string): Promise<Result<CallId | null>> => {
  const approval = orNone(await ports.store.approvals.find(scope, ApprovalId.parse(id)));
  return approval.ok ? ok(approval.value?.callId ?? null) : approval;
};

const findRecords = async (
  ports: GuardPorts,
  scope: AccessScope,
  id: string,
): Promise<Result<readonly DecisionRecord[]>> => {
  const ofCall = await ports.store.decisions.ofCall(scope, CallId.parse(id));
  if (!ofCall.ok || ofCall.value.length > 0) return ofCall;
  const call = await callOfQuestion(ports, scope, id);
  if (!call.ok) return call;
  if (call.value !== null) return ports.store.decisions.ofCall(scope, call.value);
  const one = orNone(await ports.store.decisions.find(scope, DecisionId.parse(id)));
  if (!one.ok) return one;
  return one.value === null ? unknown() : ok([one.value]);
};

/** Explains all recorded decisions about a call, oldest first; `id` names the call, its question, or one decision. */
export const explainCall = async (
  ports: GuardPorts,
  by: Principal,
  id: string,
): Promise<Result<readonly Explanation[]>> => {
  if (!CallId.safeParse(id).success) return unknown();
  const records = await findRecords(ports, ownScope(by), id);
  if (!records.ok) return records;
  return records.value.length === 0 ? unknown() : ok(records.value.map(explain));
};
