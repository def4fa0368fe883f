import { ApprovalId, done, err, instantOf, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, Approval, DecisionInput, Repositories, Result, ToolCall, Verdict } from "@moltbot/contracts";
import { callRecord } from "./call-record.ts";
import { mayMove } from "./approvals.ts";
import { ownCopy } from "./canonical.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { isAhead } from "./instant-order.ts";
import { recordDecision } from "./record-decision.ts";
import { approvalIds, argumentDetails, callIds, keyedDigest, record, subjectOf } from "./record.ts";

type Ask = Extract<Verdict, { kind: "ask" }>;

const newApproval = (ports: GuardPorts, call: ToolCall, verdict: Ask): Approval => {
  const now = ports.clock.now();
  return {
    id: ports.ids.next(ApprovalId),
    conversationId: call.conversationId,
    turnId: call.turnId,
    callId: call.id,
    agentId: call.agentId,
    digest: verdict.digest,
    question: verdict.question,
    label: call.label,
    state: "pending",
    createdAt: now,
    expiresAt: instantOf(millisecondsOf(now) + ports.settings.approvalMinutes * 60_000),
    answeredBy: null,
    answeredAt: null,
    scope: null,
    reason: null,
    edited: null,
  };
};

const approvalsOf = async (
  repositories: Pick<Repositories, "approvals">,
  scope: AccessScope,
  call: ToolCall,
): Promise<Result<readonly Approval[]>> => {
  const all = await repositories.approvals.ofTurn(scope, call.turnId);
  return all.ok ? ok(all.value.filter(({ callId }) => callId === call.id)) : all;
};

const isSameOpen = (approval: Approval, ports: GuardPorts, verdict: Ask): boolean =>
  approval.state === "pending" && approval.digest === verdict.digest && isAhead(approval.expiresAt, ports.clock.now());

const supersede = async (
  repositories: Repositories,
  scope: AccessScope,
  approvals: readonly Approval[],
): Promise<Result<void>> => {
  for (const drifted of approvals.filter(({ state }) => mayMove(state, "superseded"))) {
    const moved = await repositories.approvals.move(scope, drifted.id, drifted.state, "superseded", {});
    if (!moved.ok) return err(moved.error);
  }
  return done;
};

interface Parking {
  readonly call: ToolCall;
  readonly verdict: Ask;
  readonly input: DecisionInput;
  readonly fresh: Approval;
}

const park = (ports: GuardPorts, scope: AccessScope, { call, verdict, input, fresh }: Parking) =>
  ports.store.atomically<Approval>(async (repositories) => {
    const known = await approvalsOf(repositories, scope, call);
    if (!known.ok) return err(known.error);
    const same = known.value.find((approval) => isSameOpen(approval, ports, verdict));
    if (same !== undefined) return ok(same);
    const entry = await repositories.calls.find(scope, call.id);
    if (!entry.ok) return err(entry.error);
    // A call that was admitted or has ended is never asked about again.
    if (entry.value !== null && entry.value.state !== "asked") return err(moltbotError("PERMIT_SPENT"));
    const superseded = await supersede(repositories, scope, known.value);
    if (!superseded.ok) return err(superseded.error);
    const created = await repositories.approvals.create(scope, fresh);
    if (!created.ok) return err(created.error);
    const kept = await recordDecision(ports, repositories, scope, input, verdict);
    if (!kept.ok) return err(kept.error);
    const entered = await repositories.calls.put(scope, callRecord(ports, call, "asked"));
    return entered.ok ? ok(fresh) : err(entered.error);
  });

/**
 * Parks a question as a pending approval. The same question about the same call is returned as it stands; one that has
 * drifted since, also an allowed one, is superseded.
 */
export const ask = async (
  ports: GuardPorts,
  scope: AccessScope,
  asked: ToolCall,
  verdict: Ask,
  input: DecisionInput | undefined,
): Promise<Result<Approval>> => {
  const call = ownCopy(asked);
  // A verdict that this guard never gave asks nobody.
  if (call === null || input === undefined) return err(moltbotError("PERMIT_INVALID"));
  const known = await approvalsOf(ports.store, scope, call);
  if (!known.ok) return err(known.error);
  const same = known.value.find((approval) => isSameOpen(approval, ports, verdict));
  if (same !== undefined) return ok(same);

  const fresh = newApproval(ports, call, verdict);
  const recorded = await record(ports, {
    event: "approval:requested",
    actor: call.agentId,
    fields: {
      ...callIds(call),
      ...approvalIds(fresh),
      rule: verdict.rule,
      digest: keyedDigest(ports.crypto, verdict.digest),
      expiresAt: fresh.expiresAt,
    },
    details: { ...argumentDetails(call), consequence: verdict.question.consequence },
    subject: subjectOf(call),
  });
  return recorded.ok ? park(ports, scope, { call, verdict, input, fresh }) : err(recorded.error);
};
