import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, DecisionInput, Result, ToolCall, Verdict } from "@moltbot/contracts";
import { callRecord } from "./call-record.ts";
import { ownCopy } from "./canonical.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { findTarget, loadDecision } from "./load-decision.ts";
import { recordDecision } from "./record-decision.ts";
import { argumentDetails, callIds, record, subjectOf } from "./record.ts";

/** A name that no tool has is a stranger's text: it goes into the encrypted details, never into the clear. */
const toolFields = (ports: GuardPorts, call: ToolCall) => {
  const known = ports.tools.catalog().some(({ name }) => name === call.tool);
  return known
    ? { fields: { tool: call.tool }, details: {} }
    : { fields: { tool: null }, details: { tool: call.tool } };
};

/** What was looked at, or would have been, where the refusal came from beside the guard; null for a call without a canonical form. */
const lookedAt = async (
  ports: GuardPorts,
  scope: AccessScope,
  call: ToolCall,
  input: DecisionInput | undefined,
): Promise<Result<DecisionInput | null>> => {
  if (input !== undefined) return ok(input);
  const own = ownCopy(call);
  return own === null
    ? ok(null)
    : loadDecision(ports, ports.store, scope, own, await findTarget(ports, scope, own), []);
};

/** Records a refusal in ledger and audit. A call that was admitted before keeps its line in the ledger. */
export const refuse = async (
  ports: GuardPorts,
  scope: AccessScope,
  call: ToolCall,
  verdict: Extract<Verdict, { kind: "deny" }>,
  input: DecisionInput | undefined,
): Promise<Result<void>> => {
  const looked = await lookedAt(ports, scope, call, input);
  if (!looked.ok) return err(looked.error);
  const entered = await ports.store.atomically<void>(async (repositories) => {
    const known = await repositories.calls.find(scope, call.id);
    if (!known.ok) return err(known.error);
    // A call that has no canonical form was never looked at: there is nothing to explain but its rule.
    const kept = looked.value === null ? done : await recordDecision(ports, repositories, scope, looked.value, verdict);
    if (!kept.ok) return kept;
    if (known.value !== null && known.value.state !== "asked") return done;
    return repositories.calls.put(scope, callRecord(ports, call, "refused"));
  });
  if (!entered.ok) return entered;
  const tool = toolFields(ports, call);
  return record(ports, {
    event: "tool:refused",
    actor: call.agentId,
    fields: { ...callIds(call), ...tool.fields, rule: verdict.rule, code: verdict.error.code },
    details: { ...argumentDetails(call), ...tool.details },
    subject: subjectOf(call),
  });
};

/** Records how an admitted call ended, in ledger and audit. Only an admitted call can end; saying the same twice is harmless. */
export const settle = async (
  ports: GuardPorts,
  scope: AccessScope,
  call: ToolCall,
  state: "done" | "failed" | "unknown",
  code: string | null,
): Promise<Result<void>> => {
  const entered = await ports.store.atomically<void>(async (repositories) => {
    const known = await repositories.calls.find(scope, call.id);
    if (!known.ok) return err(known.error);
    if (known.value?.state === state) return done;
    if (known.value?.state !== "admitted") return err(moltbotError("CONFLICT", { kind: "call" }));
    return repositories.calls.put(scope, callRecord(ports, call, state));
  }, "with-record");
  if (!entered.ok) return entered;
  return record(ports, {
    event: "tool:settled",
    actor: call.agentId,
    fields: { ...callIds(call), tool: call.tool, state, code },
  });
};
