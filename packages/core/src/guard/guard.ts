import { err, moltbotError } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  ApprovalAnswer,
  ApprovalId,
  Permit,
  Principal,
  Result,
  ToolCall,
  TurnId,
  Verdict,
} from "@moltbot/contracts";
import { admit } from "./admit.ts";
import { answer } from "./answer.ts";
import { ask } from "./ask.ts";
import { consider } from "./consider.ts";
import { expire } from "./expire.ts";
import type { GuardPorts } from "./guard-ports.ts";
import { createOneAtATime } from "./one-at-a-time.ts";
import { refuse, settle } from "./outcome.ts";

/** The one door before every effect. No method throws; what it cannot tell, it refuses. */
export interface Guard {
  /** Loads capabilities, the turn's approvals, epoch and resources, and decides. `stated` are the authority's own texts of this task. */
  consider(scope: AccessScope, call: ToolCall, stated: readonly string[]): Promise<Result<Verdict>>;
  /** Decides again, consumes the approval and enters the ledger in one transaction, records the intent durably, then mints the permit. */
  admit(scope: AccessScope, call: ToolCall, verdict: Extract<Verdict, { kind: "allow" }>): Promise<Result<Permit>>;
  /** Parks the question; the same open one is returned, a drifted one superseded. */
  ask(scope: AccessScope, call: ToolCall, verdict: Extract<Verdict, { kind: "ask" }>): Promise<Result<Approval>>;
  /** Records a refusal in ledger and audit. */
  refuse(scope: AccessScope, call: ToolCall, verdict: Extract<Verdict, { kind: "deny" }>): Promise<Result<void>>;
  /** Records the outcome of an admitted call in ledger and audit; CONFLICT for any other call. */
  settle(
    scope: AccessScope,
    call: ToolCall,
    state: "done" | "failed" | "unknown",
    code: string | null,
  ): Promise<Result<void>>;
  /** A person's answer; a wider scope grants a capability for 90 days, bound to this call's critical arguments. First answer wins. */
  answer(by: Principal, id: ApprovalId, answer: ApprovalAnswer): Promise<Result<Approval>>;
  /** Expires what nobody answered or used; returns the turns to wake. */
  expire(): Promise<Result<readonly TurnId[]>>;
}

/** A port that throws is a port that failed: no exception passes the guard, and none becomes a permit. */
const closed = async <T>(traceId: string, work: () => Promise<Result<T>>): Promise<Result<T>> => {
  try {
    return await work();
  } catch {
    return err(moltbotError("INTERNAL", { traceId }));
  }
};

/** Composes the guard over its ports. */
export const createGuard = (ports: GuardPorts): Guard => {
  // Answers to one question are taken in turn, so that only the one that counts is recorded as an answer.
  const oneAtATime = createOneAtATime();
  return Object.freeze<Guard>({
    consider: (scope, call, stated) => closed(call.id, () => consider(ports, scope, call, stated)),
    admit: (scope, call, verdict) => closed(call.id, () => admit(ports, scope, call, verdict)),
    ask: (scope, call, verdict) => closed(call.id, () => ask(ports, scope, call, verdict)),
    refuse: (scope, call, verdict) => closed(call.id, () => refuse(ports, scope, call, verdict)),
    settle: (scope, call, state, code) => closed(call.id, () => settle(ports, scope, call, state, code)),
    answer: (by, id, given) => closed(id, () => oneAtATime(id, () => answer(ports, by, id, given))),
    expire: () => closed("expire", () => expire(ports)),
  });
};
