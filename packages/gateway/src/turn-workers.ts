import { MessageId, instantOf, label, millisecondsOf, moltbotError } from "@moltbot/contracts";
import type { Message, MoltbotError, TurnEnd, TurnId, TurnLease } from "@moltbot/contracts";
import type { House } from "./house.ts";
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
  running(): number;
  /** Takes nothing new, lets running turns finish for a while, then aborts them: they are taken up at the next start. */
  close(graceMilliseconds: number): Promise<void>;
}

interface Running {
  readonly lease: TurnLease;
  readonly controller: AbortController;
  readonly finished: Promise<void>;
}

/** Errors of recording: the turn stays and is tried again when recording works. */
const TRIED_AGAIN: ReadonlySet<string> = new Set(["AUDIT_UNWRITABLE", "DATABASE_UNAVAILABLE", "SHUTTING_DOWN"]);

/** Leases queued turns and runs them, at most `concurrency` at once and one per conversation. */
export const startTurnWorkers = (house: House, concurrency: () => number): TurnWorkers => {
  const running = new Map<TurnId, Running>();
  let closing = false;
  let pumping = false;
  let again = false;
  let pumped: Promise<void> = Promise.resolve();

  const until = () => instantOf(millisecondsOf(house.clock.now()) + LEASE_MILLISECONDS);

  const claimAll = async (): Promise<void> => {
    do {
      again = false;
      while (!closing && running.size < concurrency()) {
        const lease = await house.store.turns.claim(house.clock.now(), until());
        if (!lease.ok) house.log.error("no turn can be claimed", { code: lease.error.code });
        if (!lease.ok || lease.value === null) break;
        // Claimed while the workers closed: nobody would wait for it any more. The next start takes it up.
        if (closing) break;
        start(lease.value);
      }
    } while (again && !closing);
  };

  const pump = (): void => {
    if (pumping) {
      again = true;
      return;
    }
    pumping = true;
    pumped = claimAll()
      .catch((cause: unknown) => house.log.error("no turn can be claimed", { problem: String(cause) }))
      .finally(() => {
        pumping = false;
      });
  };

  const start = (lease: TurnLease): void => {
    const controller = new AbortController();
    const finished = runLease(house, lease, controller).then(
      () => undefined,
      (cause: unknown) => house.log.error("a turn failed in a way the program does not know", { turnId: lease.turn.id, problem: String(cause) }),
    );
    running.set(lease.turn.id, { lease, controller, finished });
    void finished.then(() => {
      running.delete(lease.turn.id);
      house.watch.settled(lease.turn.id);
      if (!closing) pump();
    });
  };

  const extending = setInterval(() => {
    for (const { lease } of running.values()) void house.store.turns.extend(lease, until());
  }, EXTEND_MILLISECONDS);
  extending.unref();

  return {
    wake: pump,
    stop: (id) => {
      const turn = running.get(id);
      turn?.controller.abort(moltbotError("TURN_STOPPED"));
      return turn !== undefined;
    },
    running: () => running.size,
    close: async (graceMilliseconds) => {
      closing = true;
      clearInterval(extending);
      await pumped;
      const all = Promise.all([...running.values()].map(({ finished }) => finished));
      const timer = setTimeout(() => {
        for (const { controller } of running.values()) controller.abort(moltbotError("SHUTTING_DOWN"));
      }, graceMilliseconds);
      await all;
      clearTimeout(timer);
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
  if (outcome.value.kind === "waiting") return park(house, lease, outcome.value.approvals.map(({ id }) => id));
  const ended = await house.store.turns.find({ ...scopeOf(lease) }, turn.id);
  if (ended.ok && ended.value.end !== null) house.events.publish("agent:stopped", to, { ...ids, end: ended.value.end });
};

const scopeOf = ({ turn }: TurnLease) => ({ tenantId: turn.tenantId, principalId: turn.ownerId, reach: "own" as const });

/** Parks the turn; an answer that came before it was parked wakes it at once. */
const park = async (house: House, lease: TurnLease, waitingFor: Parameters<House["store"]["turns"]["park"]>[1]): Promise<void> => {
  const parked = await house.store.turns.park(lease, waitingFor);
  if (!parked.ok) return house.log.error("a turn cannot be parked", { turnId: lease.turn.id, code: parked.error.code });
  const approvals = await house.store.approvals.ofTurn(scopeOf(lease), lease.turn.id);
  if (!approvals.ok) return;
  const answered = approvals.value.some(({ id, state }) => waitingFor.includes(id) && state !== "pending");
  if (!answered) return;
  await house.store.turns.resume(scopeOf(lease), lease.turn.id);
  house.wake();
};

/** A turn that could not be run: kept for another try when recording failed, ended with a notice otherwise. */
const leaveOpen = async (house: House, lease: TurnLease, error: MoltbotError): Promise<void> => {
  const { turn } = lease;
  house.log.warn("a turn was left open", { turnId: turn.id, code: error.code });
  house.events.publish("error:occurred", { tenantId: turn.tenantId, audience: [turn.ownerId] }, { code: error.code, conversationId: turn.conversationId, turnId: turn.id });
  if (error.code === "QUEUE_LEASE_LOST" || error.code === "SHUTTING_DOWN") return;
  if (!TRIED_AGAIN.has(error.code)) return endWithout(house, lease, "failed", error);
  await house.store.turns.park(lease, []);
  setTimeout(() => {
    void house.store.turns.resume(scopeOf(lease), turn.id).then(() => house.wake());
  }, RETRY_MILLISECONDS).unref();
};

/** Ends a turn that has no reply with a notice that says why. */
const endWithout = async (house: House, lease: TurnLease, state: TurnEnd["state"], error: MoltbotError): Promise<void> => {
  const { turn } = lease;
  const scope = scopeOf(lease);
  await house.audit.record({ event: "turn:ended", actor: "system", fields: { turnId: turn.id, conversationId: turn.conversationId, state, code: error.code } });
  const notice: Message = {
    id: house.ids.next(MessageId),
    conversationId: turn.conversationId,
    parentId: null,
    role: "notice",
    author: turn.agentId,
    turnId: turn.id,
    parts: [{ type: "text", text: `${error.message} ${error.next}` }],
    label: label("authority", [turn.ownerId]),
    state: state === "unknown" ? "unknown" : "failed",
    model: null,
    createdAt: house.clock.now(),
  };
  const ended = await house.store.atomically(async (repositories) => {
    const finished = await repositories.turns.finish(lease, { state, messageId: notice.id, code: error.code });
    if (!finished.ok) return finished;
    const conversation = await repositories.conversations.find(scope, turn.conversationId);
    return conversation.ok ? repositories.conversations.append(scope, conversation.value.activeHead, notice) : conversation;
  });
  if (!ended.ok) return house.log.error("a turn cannot be ended", { turnId: turn.id, code: ended.error.code });
  house.events.publish("message:sent", { tenantId: turn.tenantId, audience: [turn.ownerId] }, { conversationId: turn.conversationId, message: ended.value });
};
