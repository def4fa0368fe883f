import { instantOf, millisecondsOf, moltbotError } from "@moltbot/contracts";
import type { MoltbotError, Repositories, TurnEnd, TurnId, TurnLease } from "@moltbot/contracts";
import { announceNotice, endTurn, noticeOf } from "./end-turn.ts";
import type { House } from "./house.ts";
import { createPump, finishWithin } from "./pump.ts";
import type { Abortable } from "./pump.ts";
import { take } from "./spine.ts";

const LEASE_MILLISECONDS = 60_000;
const EXTEND_MILLISECONDS = 20_000;
const RETRY_MILLISECONDS = 2_000;
/** A turn that ended the program this often is not tried again. */
const MOST_ATTEMPTS = 3;

export interface TurnWorkers {
  wake(): void;
  /** Aborts a running turn; false when it is not running here. */
  stop(id: TurnId): boolean;
  /** Aborts every running turn and says how many; `ended` resolves when none of them runs any more. */
  stopAll(error: MoltbotError): { readonly turns: number; readonly ended: Promise<void> };
  running(): number;
  /** Takes nothing new, lets running turns finish for a while, then aborts them: they are taken up at the next start. */
  close(graceMilliseconds: number): Promise<void>;
}

interface Running extends Abortable {
  readonly lease: TurnLease;
}

/** Errors of recording: the turn stays and is tried again when recording works. */
const TRIED_AGAIN: ReadonlySet<string> = new Set(["AUDIT_UNWRITABLE", "DATABASE_UNAVAILABLE"]);

const stopped = (house: House): MoltbotError => moltbotError("EVERYTHING_STOPPED", { since: house.clock.now() });

/** Leases queued turns and runs them, at most `concurrency` at once and one per conversation. */
export const startTurnWorkers = (house: House, concurrency: () => number): TurnWorkers => {
  const running = new Map<TurnId, Running>();
  const until = () => instantOf(millisecondsOf(house.clock.now()) + LEASE_MILLISECONDS);

  let retry: NodeJS.Timeout | undefined;
  /** The queue could not be read; what waits in it must not wait for the next message. */
  const claimFailed = (fields: Readonly<Record<string, string>>): void => {
    house.log.error("no turn can be claimed", fields);
    clearTimeout(retry);
    if (!pump.closing) retry = setTimeout(pump.wake, RETRY_MILLISECONDS).unref();
  };

  const claimAll = async (): Promise<void> => {
    while (!pump.closing && !house.halted() && running.size < concurrency()) {
      const lease = await house.store.turns.claim(house.clock.now(), until());
      if (!lease.ok) claimFailed({ code: lease.error.code });
      if (!lease.ok || lease.value === null) break;
      // Claimed while the workers closed: nobody would wait for it any more. The next start takes it up.
      if (pump.closing) break;
      start(lease.value);
    }
  };
  const pump = createPump(claimAll, (cause) => claimFailed({ problem: String(cause) }));

  const start = (lease: TurnLease): void => {
    const controller = new AbortController();
    const finished = runLease(house, lease, controller).then(
      () => undefined,
      (cause: unknown) =>
        house.log.error("a turn failed in a way the program does not know", {
          turnId: lease.turn.id,
          problem: String(cause),
        }),
    );
    // The machine slept longer than the lease: the earlier run lost it, may write nothing any more, and makes room.
    running.get(lease.turn.id)?.controller.abort(moltbotError("QUEUE_LEASE_LOST"));
    const run: Running = { lease, controller, finished };
    running.set(lease.turn.id, run);
    // Claimed while everything was being stopped: nobody else would end it.
    if (house.halted()) controller.abort(stopped(house));
    void finished.then(() => {
      if (running.get(lease.turn.id) === run) running.delete(lease.turn.id);
      house.watch.settled(lease.turn.id);
      if (!pump.closing) pump.wake();
    });
  };

  const extending = setInterval(() => {
    for (const { lease } of running.values()) void house.store.turns.extend(lease, until());
    // Also takes back a lease that ran out because its turn could not be parked or ended.
    pump.wake();
  }, EXTEND_MILLISECONDS);
  extending.unref();

  return {
    wake: pump.wake,
    stop: (id) => {
      const turn = running.get(id);
      turn?.controller.abort(moltbotError("TURN_STOPPED"));
      return turn !== undefined;
    },
    stopAll: (error) => {
      const all = [...running.values()];
      for (const { controller } of all) controller.abort(error);
      return { turns: all.length, ended: Promise.all(all.map(({ finished }) => finished)).then(() => undefined) };
    },
    running: () => running.size,
    close: async (graceMilliseconds) => {
      clearInterval(extending);
      const claimed = pump.close();
      clearTimeout(retry);
      await claimed;
      await finishWithin(graceMilliseconds, running, () => moltbotError("SHUTTING_DOWN"));
    },
  };
};

/** One lease, from claim to park, end or return to the queue. */
const runLease = async (house: House, lease: TurnLease, controller: AbortController): Promise<void> => {
  const { turn } = lease;
  const ids = { conversationId: turn.conversationId, agentId: turn.agentId, turnId: turn.id };
  const to = { tenantId: turn.tenantId, audience: [turn.ownerId] };
  if (turn.attempts > MOST_ATTEMPTS) {
    await endWithout(house, lease, "unknown", moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: "the turn" }));
    return;
  }
  house.events.publish("agent:started", to, ids);
  const { seconds } = house.limits();
  const timer = setTimeout(() => controller.abort(moltbotError("TIME_LIMIT", { limit: seconds })), seconds * 1000);
  const outcome = await take(house, lease, controller.signal).catch((cause: unknown) => {
    house.log.error("a turn failed in a way the program does not know", { turnId: turn.id, problem: String(cause) });
    return { ok: false as const, error: moltbotError("INTERNAL", { traceId: turn.id }) };
  });
  clearTimeout(timer);
  if (!outcome.ok) return leaveOpen(house, lease, outcome.error);
  if (outcome.value.kind === "waiting")
    return park(
      house,
      lease,
      outcome.value.approvals.map(({ id }) => id),
    );
  house.events.publish("agent:stopped", to, { ...ids, end: outcome.value.end });
};

const scopeOf = ({ turn }: TurnLease) => ({
  tenantId: turn.tenantId,
  principalId: turn.ownerId,
  reach: "own" as const,
});

/** Parks the turn; the queue wakes it at once when an answer came before it lay down. */
const park = async (
  house: House,
  lease: TurnLease,
  waitingFor: Parameters<House["store"]["turns"]["park"]>[1],
): Promise<void> => {
  const parked = await house.store.turns.park(lease, waitingFor);
  if (!parked.ok) house.log.error("a turn cannot be parked", { turnId: lease.turn.id, code: parked.error.code });
};

/** A turn that could not be run: kept for another try when recording failed, ended with a notice otherwise. */
const leaveOpen = async (house: House, lease: TurnLease, error: MoltbotError): Promise<void> => {
  const { turn } = lease;
  house.log.warn("a turn was left open", { turnId: turn.id, code: error.code });
  house.events.publish(
    "error:occurred",
    { tenantId: turn.tenantId, audience: [turn.ownerId] },
    { code: error.code, conversationId: turn.conversationId, turnId: turn.id },
  );
  if (error.code === "QUEUE_LEASE_LOST") return;
  // Laid down in order, so that the next start takes it up without counting a failed attempt.
  if (error.code === "SHUTTING_DOWN") return void (await house.store.turns.park(lease, []));
  if (!TRIED_AGAIN.has(error.code)) return endWithout(house, lease, "failed", error);
  await tryLater(house, lease);
};

/** Lays the turn down and takes it up again when recording may work. */
const tryLater = async (house: House, lease: TurnLease): Promise<void> => {
  const { turn } = lease;
  const parked = await house.store.turns.park(lease, []);
  // It stays leased then, and is taken back when the lease runs out.
  if (!parked.ok) return house.log.error("a turn cannot be parked", { turnId: turn.id, code: parked.error.code });
  setTimeout(() => void takeUp(house, lease), RETRY_MILLISECONDS).unref();
};

const takeUp = async (house: House, lease: TurnLease): Promise<void> => {
  const resumed = await house.store.turns.resume(scopeOf(lease), lease.turn.id);
  if (resumed.ok) return house.wake();
  house.log.error("a turn cannot be taken up", { turnId: lease.turn.id, code: resumed.error.code });
  if (TRIED_AGAIN.has(resumed.error.code)) setTimeout(() => void takeUp(house, lease), RETRY_MILLISECONDS).unref();
};

/** Ends a turn that has no reply with a notice that says why; without a record it does not end, and is tried again. */
const endWithout = async (
  house: House,
  lease: TurnLease,
  state: TurnEnd["state"],
  error: MoltbotError,
): Promise<void> => {
  const { turn } = lease;
  const scope = scopeOf(lease);
  const recorded = await house.audit.record({
    event: "turn:ended",
    actor: "system",
    fields: { turnId: turn.id, conversationId: turn.conversationId, state, code: error.code },
  });
  if (!recorded.ok) return tryLater(house, lease);
  const notice = noticeOf(house, turn, state === "unknown" ? "unknown" : "failed", error);
  const end: TurnEnd = { state, messageId: notice.id, code: error.code };
  const claim = (repositories: Repositories) => repositories.turns.finish(lease, end);
  const ended = await endTurn(house, scope, turn, { message: notice, head: null, claim });
  if (!ended.ok) return house.log.error("a turn cannot be ended", { turnId: turn.id, code: ended.error.code });
  announceNotice(house, turn, ended.value, end);
};
