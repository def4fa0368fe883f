import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  CallRecord,
  CapabilityId,
  Constraint,
  DecisionInput,
  Permit,
  Redeemed,
  Repositories,
  Result,
  ToolCall,
  Verdict,
} from "@moltbot/contracts";
import { ownCopy } from "./canonical.ts";
import { callRecord } from "./call-record.ts";
import { decide } from "./decide.ts";
import { refusal } from "./refusal.ts";
import { refuse } from "./outcome.ts";
import { callDigest } from "./digest.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { findTarget, loadDecision } from "./load-decision.ts";
import type { Target } from "./load-decision.ts";
import { takeStep } from "./plan/take-step.ts";
import { privateHostBounds } from "./private-hosts.ts";
import { recordDecision } from "./record-decision.ts";
import { argumentDetails, callIds, keyedDigest, record, subjectOf } from "./record.ts";
import { usesOf } from "./use-of-call.ts";

type Allow = Extract<Verdict, { kind: "allow" }>;
type Deny = Extract<Verdict, { kind: "deny" }>;

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
const decideAgain = (input: DecisionInput, claimed: Allow): Allow | Deny => {
  const fresh = decide(input);
  if (fresh.kind === "deny") return fresh;
  return fresh.kind === "allow" && fresh.digest === claimed.digest
    ? fresh
    : refusal("permit.stale", moltbotError("PERMIT_STALE"));
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

/** What only counts when it is written together with the admission: uses of counting grants, and the decision itself. */
const keepTraces = async (
  ports: GuardPorts,
  repositories: Repositories,
  scope: AccessScope,
  input: DecisionInput,
  fresh: Allow,
): Promise<Result<void>> => {
  const uses =
    fresh.because.kind === "capability" && input.manifest !== undefined
      ? usesOf(fresh.because.capabilityId, input.manifest, input)
      : [];
  for (const use of uses) {
    const added = await repositories.capabilities.addUse(scope, use);
    if (!added.ok) return added;
  }
  return recordDecision(ports, repositories, scope, input, fresh);
};

/** The limits of the capability that allowed the call, and of all that it hangs on; an approval is of the exact call. */
const boundsOf = (input: DecisionInput, { because }: Allow): readonly Constraint[] => {
  if (because.kind === "approval") return privateHostBounds(input);
  const { capabilities } = input;
  const bounds: Constraint[] = [];
  let next: CapabilityId | null = because.capabilityId;
  // A lineage is as long as a chain of agents, which was checked: the count only ends a circle that cannot be.
  for (let link = 0; next !== null && link <= capabilities.length; link += 1) {
    const id: CapabilityId = next;
    const held = capabilities.find((one) => one.id === id);
    bounds.push(...(held?.constraints ?? []));
    next = held?.parent ?? null;
  }
  return bounds;
};

/** The call stands in the ledger as admitted. */
interface Entered {
  readonly kind: "entered";
  readonly fresh: Allow;
  readonly redeemed: Redeemed;
  readonly epoch: number;
  /** Whether an earlier process had admitted it too: then it may have run. */
  readonly ranBefore: boolean;
}
/** What was allowed a moment ago is so no more. */
interface Missed {
  readonly kind: "missed";
  readonly verdict: Deny;
  readonly input: DecisionInput;
}

interface Entering {
  readonly call: ToolCall;
  readonly target: Target;
  readonly claimed: Allow;
  readonly stated: readonly string[];
}

// The intent that is recorded next makes this durable with it, and without that record there is no permit.
const enterLedger = (ports: GuardPorts, scope: AccessScope, { call, target, claimed, stated }: Entering) =>
  ports.store.atomically<Entered | Missed>(async (repositories) => {
    const input = await loadDecision(ports, repositories, scope, call, target, stated);
    if (!input.ok) return err(input.error);
    const fresh = decideAgain(input.value, claimed);
    if (fresh.kind === "deny") return ok({ kind: "missed", verdict: fresh, input: input.value });
    const known = await repositories.calls.find(scope, call.id);
    if (!known.ok) return err(known.error);
    const start = mayStart(known.value, ports, call, target.manifest?.repeatable === true);
    if (!start.ok) return err(start.error);
    const taken = await takeStep(repositories, scope, input.value);
    if (!taken.ok) return err(taken.error);
    if (taken.value !== null) return ok({ kind: "missed", verdict: taken.value, input: input.value });
    const closed = await closeApprovals(repositories, scope, input.value, fresh);
    if (!closed.ok) return err(closed.error);
    const kept = await keepTraces(ports, repositories, scope, input.value, fresh);
    if (!kept.ok) return err(kept.error);
    const entered = await repositories.calls.put(scope, callRecord(ports, call, "admitted"));
    return entered.ok
      ? ok({
          kind: "entered",
          fresh,
          redeemed: { bounds: boundsOf(input.value, fresh), resources: input.value.resources },
          epoch: input.value.epoch,
          ranBefore: known.value?.state === "admitted",
        })
      : err(entered.error);
  }, "with-record");

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

/** The intent could not be recorded, so nothing ran now: the call is as before, and the yes that was spent on it asks again. */
const takeBack = (ports: GuardPorts, scope: AccessScope, call: ToolCall, { fresh, ranBefore }: Entered) =>
  ports.store.atomically<void>(async (repositories) => {
    if (fresh.because.kind === "approval") {
      const { id } = fresh.because.approval;
      const moved = await repositories.approvals.move(scope, id, "consumed", "superseded", {});
      if (!moved.ok) return err(moved.error);
    }
    return repositories.calls.put(scope, callRecord(ports, call, ranBefore ? "admitted" : "asked"));
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
  stated: readonly string[],
): Promise<Result<Permit>> => {
  const call = ownCopy(asked);
  if (call === null) return err(moltbotError("PERMIT_INVALID"));
  const target = await findTarget(ports, scope, call);
  if (target.unresolved !== null) return err(target.unresolved);
  const entered = await enterLedger(ports, scope, { call, target, claimed, stated });
  if (!entered.ok) return err(entered.error);
  if (entered.value.kind === "missed") {
    const { verdict, input } = entered.value;
    const refused = await refuse(ports, scope, call, verdict, input);
    return err(refused.ok ? verdict.error : refused.error);
  }
  const { fresh, epoch, redeemed } = entered.value;
  const recorded = await record(ports, intention(ports, call, fresh));
  if (!recorded.ok) {
    // Best effort: if this fails too, the ledger says admitted, which recovery reads as unknown and never repeats silently.
    await takeBack(ports, scope, call, entered.value);
    return err(recorded.error);
  }
  return ok(ports.permits.mint(call, epoch, redeemed));
};
