import { instantOf, ok } from "@moltbot/contracts";
import type { AccessScope, Instant, Result, Store, TurnEnd } from "@moltbot/contracts";

type Stores = Pick<Store, "turns" | "outbox" | "approvals">;

/** What became of it afterwards, nobody knows any more. */
const UNKNOWN: TurnEnd = { state: "unknown", messageId: null, code: "TOOL_OUTCOME_UNKNOWN" };
const HOUR = 3_600_000;

/** Ends the turns that were queued or running. */
const endQueued = async ({ turns }: Stores, now: Instant): Promise<Result<number>> => {
  const recovered = await turns.recover(now);
  if (!recovered.ok) return recovered;
  const until = instantOf(Date.parse(now) + HOUR);
  for (let ended = 0; ; ended += 1) {
    const lease = await turns.claim(now, until);
    if (!lease.ok) return lease;
    if (lease.value === null) return ok(ended);
    const finished = await turns.finish(lease.value, UNKNOWN);
    if (!finished.ok) return finished;
  }
};

/** Ends the turns that waited for an answer, and their questions. */
const endWaiting = async ({ turns, approvals }: Stores, scope: AccessScope): Promise<Result<number>> => {
  const open = await turns.open(scope);
  if (!open.ok) return open;
  let ended = 0;
  for (const turn of open.value) {
    const cancelled = await turns.cancel(scope, turn.id, UNKNOWN);
    if (!cancelled.ok) return cancelled;
    if (cancelled.value) ended += 1;
  }
  const questions = await approvals.cancelOpen(scope);
  return questions.ok ? ok(ended) : questions;
};

/**
 * Ends what was under way when a backup was made: turns, their questions, and effects on their way out. Each may have gone on and
 * acted since then; done again, it would happen twice. Returns how many.
 */
export const endUnderWay = async (stores: Stores, scope: AccessScope, now: Instant): Promise<Result<number>> => {
  const queued = await endQueued(stores, now);
  if (!queued.ok) return queued;
  const waiting = await endWaiting(stores, scope);
  if (!waiting.ok) return waiting;
  const recovered = await stores.outbox.recover(now);
  if (!recovered.ok) return recovered;
  const cancelled = await stores.outbox.cancelWaiting(scope, now);
  if (!cancelled.ok) return cancelled;
  return ok(queued.value + waiting.value + recovered.value.length + cancelled.value);
};
