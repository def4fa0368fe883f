/**
 * The way of a message through the house, in one page:
 *
 *   read → route → turn; and for each tool call: decide → record → run → record.
 *
 * Everything else in this package makes this page possible or calls it.
 */
import { runTurn } from "@moltbot/core/agent";
import type { Performed, TurnOutcome } from "@moltbot/core/agent";
import { route } from "@moltbot/core/routing";
import type { Arrival } from "@moltbot/core/routing";
import type { Guard } from "@moltbot/core/guard";
import { ok, ownScope } from "@moltbot/contracts";
import type {
  AccessScope,
  MoltbotError,
  Principal,
  Result,
  Signal,
  ToolCall,
  ToolOutcome,
  TurnLease,
  Verdict,
} from "@moltbot/contracts";
import { announceQuestion, announceResult } from "./announce.ts";
import { acceptMessage } from "./accept-message.ts";
import type { Accepted, Sent } from "./accept-message.ts";
import { endUnknown, hiddenByCrash } from "./hidden-by-crash.ts";
import type { House } from "./house.ts";
import { asRan, failurePart, ranPart } from "./result-parts.ts";
import { openTurn } from "./open-turn.ts";
import { refuseCall } from "./refuse-call.ts";
import { hearQuotes, listen, refusedForCanary } from "./signals.ts";
import { whileStopped } from "./while-stopped.ts";

/** Read → route: when it returns, the message and its turn are durable, once per key. */
export const receive = async (
  house: House,
  sender: Principal,
  arrival: Arrival & Sent,
  key: string | null,
): Promise<Result<Accepted>> => {
  const scope = ownScope(sender);
  if (house.halted()) return whileStopped(house, scope);
  const received = { event: "message:received", actor: sender.id, fields: { agentId: arrival.agentId } };
  const recorded = await house.audit.record(received);
  if (!recorded.ok) return recorded;
  const accepted = await house.store.atomically(async (repositories) => {
    const where = await route({ ...repositories, clock: house.clock, ids: house.ids }, scope, arrival);
    return where.ok ? acceptMessage(house, repositories, scope, where.value, arrival, key) : where;
  });
  if (accepted.ok) await hearQuotes(house, scope, accepted.value);
  if (accepted.ok) house.wake();
  return accepted;
};

/** Turn: runs a leased turn until it ends or waits for a person. */
export const take = async (house: House, lease: TurnLease, signal: AbortSignal): Promise<Result<TurnOutcome>> => {
  const opened = await openTurn(house, lease);
  if (!opened.ok) return opened;
  const { ports, scope, guard } = opened.value;
  const perform = async (call: ToolCall, stated: readonly string[], hold: boolean): Promise<Result<Performed>> => {
    const performed = await performCall(house, guard, scope, call, { stated, hold, signal });
    return performed.ok ? ok(announceResult(house, scope, call, performed.value)) : performed;
  };
  return runTurn({ ports: { ...ports, perform }, turn: lease.turn, signal });
};

/** How a call is to be performed. With `hold` one that would be allowed waits its turn, while a question it needs is put at once. */
export interface Performing {
  readonly stated: readonly string[];
  readonly hold: boolean;
  readonly signal: AbortSignal;
}

/** Decide → record → run → record, for one tool call. */
export const performCall = async (
  house: House,
  guard: Guard,
  scope: AccessScope,
  asked: ToolCall,
  { stated, hold, signal }: Performing,
): Promise<Result<Performed>> => {
  const answered = await guard.asAnswered(scope, asked);
  if (!answered.ok) return answered;
  const call = answered.value; // as a person changed it before allowing it
  const past = await hiddenByCrash(house, guard, scope, call);
  if (!past.ok) return past;
  if (past.value.kind === "over") return ok(past.value.performed);
  const ranBefore = past.value.kind === "again";

  const verdict = refusedForCanary(house, call) ?? (await guard.consider(scope, call, stated));
  if (!verdict.ok) return verdict;
  if (ranBefore && verdict.value.kind !== "allow") return endUnknown(guard, scope, call);
  switch (verdict.value.kind) {
    case "deny":
      return refuseCall(house, guard, scope, call, verdict.value);
    case "ask": {
      const approval = await guard.ask(scope, call, verdict.value);
      return approval.ok ? ok(announceQuestion(house, scope, approval.value)) : approval;
    }
    case "allow": {
      if (hold) return ok({ kind: "held" });
      const ran = await runAllowed(house, guard, scope, call, verdict.value, { stated, signal });
      if (!ran.ok) return ran;
      if (ran.value.kind === "refused") {
        const refused = failurePart(call, ran.value.error);
        return ranBefore && refused.ok ? endUnknown(guard, scope, call) : refused;
      }
      const performed = ranPart(house.tools.catalog(), call, ran.value.outcome, ran.value.signals);
      return performed.ok ? ok(asRan(asked, call, performed.value)) : performed;
    }
  }
};

/** What became of an allowed call: no permit was given after all, or it ran, with what was noticed in what it gave. */
export type Ran =
  | { readonly kind: "refused"; readonly error: MoltbotError }
  | { readonly kind: "ran"; readonly outcome: Result<ToolOutcome>; readonly signals: readonly Signal[] };

/** Record → run → record: the one place where a tool is run. */
export const runAllowed = async (
  house: Pick<House, "tools" | "audit" | "events" | "log" | "canaries">,
  guard: Pick<Guard, "admit" | "settle">,
  scope: AccessScope,
  call: ToolCall,
  verdict: Extract<Verdict, { kind: "allow" }>,
  { stated, signal }: Pick<Performing, "stated" | "signal">,
): Promise<Result<Ran>> => {
  const permit = await guard.admit(scope, call, verdict, stated); // the intent is durable before the permit exists
  if (!permit.ok) return ok({ kind: "refused", error: permit.error });
  const outcome = await house.tools.run(permit.value, call, scope, signal);
  const state = outcome.ok ? "done" : "failed";
  const settled = await guard.settle(scope, call, state, outcome.ok ? null : outcome.error.code);
  if (!settled.ok) return settled;
  const signals = await listen(house, scope, call, outcome);
  return signals.ok ? ok({ kind: "ran", outcome, signals: signals.value }) : signals;
};
