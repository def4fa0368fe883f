import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  CallRecord,
  DecisionInput,
  Permit,
  Repositories,
  Result,
  ToolCall,
  Verdict,
} from "@moltbot/contracts";
import { ownCopy } from "./canonical.ts";
import { decide } from "./decide.ts";
import { callDigest } from "./digest.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { findTarget, loadDecision } from "./load-decision.ts";
import type { Target } from "./load-decision.ts";
import { argumentDetails, callIds, keyedDigest, record, subjectOf } from "./record.ts";

type Allow = Extract<Verdict, { kind: "allow" }>;

/** The ledger's line about a call. */
export const callRecord = (ports: Pick<GuardPorts, "crypto" | "clock">, call: ToolCall, state: CallRecord["state"]) =>
  Object.freeze({
    callId: call.id,
    turnId: call.turnId,
    conversationId: call.conversationId,
    agentId: call.agentId,
    tool: call.tool,
    callDigest: callDigest(ports.crypto, call),
    state,
    updatedAt: ports.clock.now(),
  } satisfies CallRecord);

/**
 * A call runs at most once. One that was admitted and has no outcome may have run: it may be repeated only where its tool
 * says that a second run changes nothing.
 */
const mayStart = (known: CallRecord | null, ports: GuardPorts, call: ToolCall, repeatable: boolean): Result<void> => {
  if (known === null || known.state === "asked") return done;
  if (known.state !== "admitted") return err(moltbotError("PERMIT_SPENT"));
  return repeatable && known.callDigest === callDigest(ports.crypto, call)
    ? done
    : err(moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: call.tool }));
};

/** The verdict handed in is a claim; what counts is the same decision taken again here, on what the transaction sees. */
const decideAgain = (input: DecisionInput, claimed: Allow): Result<Allow> => {
  const fresh = decide(input);
  if (fresh.kind === "deny") return err(fresh.error);
  return fresh.kind === "allow" && fresh.digest === claimed.digest ? ok(fresh) : err(moltbotError("PERMIT_STALE"));
};

/** Consumes the approval that allowed the call, and withdraws questions that are still open about it. */
const closeApprovals = async (
  repositories: Repositories,
  scope: AccessScope,
  input: DecisionInput,
  fresh: Allow,
): Promise<Result<void>> => {
  if (fresh.because.kind === "approval") {
    const consumed = await repositories.approvals.move(scope, fresh.because.approval.id, "allowed", "consumed", {});
    if (!consumed.ok) return err(consumed.error);
  }
  for (const open of input.approvals) {
    if (open.callId !== input.call.id || open.state !== "pending") continue;
    const withdrawn = await repositories.approvals.move(scope, open.id, "pending", "superseded", {});
    if (!withdrawn.ok) return err(withdrawn.error);
  }
  return done;
};

const enterLedger = (ports: GuardPorts, scope: AccessScope, call: ToolCall, target: Target, claimed: Allow) =>
  ports.store.atomically<{ readonly fresh: Allow; readonly epoch: number }>(async (repositories) => {
    const input = await loadDecision(ports, repositories, scope, call, target, []);
    if (!input.ok) return err(input.error);
    const fresh = decideAgain(input.value, claimed);
    if (!fresh.ok) return err(fresh.error);
    const known = await repositories.calls.find(scope, call.id);
    if (!known.ok) return err(known.error);
    const start = mayStart(known.value, ports, call, target.manifest?.repeatable === true);
    if (!start.ok) return err(start.error);
    const closed = await closeApprovals(repositories, scope, input.value, fresh.value);
    if (!closed.ok) return err(closed.error);
    const entered = await repositories.calls.put(scope, callRecord(ports, call, "admitted"));
    return entered.ok ? ok({ fresh: fresh.value, epoch: input.value.epoch }) : err(entered.error);
  });

const intention = (ports: GuardPorts, call: ToolCall, fresh: Allow) => ({
  event: "tool:intended",
  actor: call.agentId,
  fields: {
    ...callIds(call),
    tool: call.tool,
    rule: fresh.rule,
    digest: keyedDigest(ports.crypto, fresh.digest),
    capabilityId: fresh.because.kind === "capability" ? fresh.because.capabilityId : null,
    approvalId: fresh.because.kind === "approval" ? fresh.because.approval.id : null,
  },
  details: argumentDetails(call),
  subject: subjectOf(call),
});

/**
 * Turns an allow into a permit: decides again, consumes the approval and enters the ledger in one transaction, has the
 * intent recorded durably, and only then mints. Without a record there is no permit.
 */
export const admit = async (
  ports: GuardPorts,
  scope: AccessScope,
  asked: ToolCall,
  claimed: Allow,
): Promise<Result<Permit>> => {
  const call = ownCopy(asked);
  if (call === null) return err(moltbotError("PERMIT_INVALID"));
  const target = await findTarget(ports, call);
  if (target.unresolved !== null) return err(target.unresolved);
  const entered = await enterLedger(ports, scope, call, target, claimed);
  if (!entered.ok) return err(entered.error);
  const recorded = await record(ports, intention(ports, call, entered.value.fresh));
  if (!recorded.ok) {
    // Best effort: if this write fails too, the ledger says admitted, which recovery reads as unknown and never repeats silently.
    await ports.store.calls.put(scope, callRecord(ports, call, "refused"));
    return err(recorded.error);
  }
  return ok(ports.permits.mint(call, entered.value.epoch));
};
