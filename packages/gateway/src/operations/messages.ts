import { done, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  AccessScope,
  DomainEvent,
  OperationHandlers,
  RequestContext,
  Result,
  Turn,
  TurnEnd,
  TurnId,
  TurnReport,
} from "@moltbot/contracts";
import { announceNotice, endTurn, noticeOf } from "../end-turn.ts";
import type { House } from "../house.ts";
import { receive } from "../spine.ts";
import type { OperationPorts } from "./ports.ts";
import { reportOf, settledReport } from "./turn-report.ts";

type Handlers = Pick<OperationHandlers, "messages.send" | "turns.get" | "turns.stop">;

const LONGEST_MESSAGE = 32_000;

const turnOf = (event: DomainEvent): TurnId | null => {
  if ("turnId" in event.payload) return event.payload.turnId;
  if ("message" in event.payload) return event.payload.message.turnId;
  if ("approval" in event.payload) return event.payload.approval.turnId;
  return null;
};

/** Hands the events of one turn to the caller while `work` runs. Events that come before the turn's id is known are kept. */
const streaming = async <T>(
  house: House,
  context: RequestContext,
  work: (follow: (id: TurnId) => void) => Promise<T>,
): Promise<T> => {
  const { emit } = context;
  if (emit === undefined) return work(() => undefined);
  let turnId: TurnId | null = null;
  const early: DomainEvent[] = [];
  const stop = house.events.subscribe((event) => {
    if (!event.audience.includes(context.principal.id)) return;
    if (turnId === null) early.push(event);
    else if (turnOf(event) === turnId) emit(event);
  });
  try {
    return await work((id) => {
      turnId = id;
      early.filter((event) => turnOf(event) === id).forEach(emit);
    });
  } finally {
    stop();
  }
};

/** Ends a turn that no worker runs, with a notice; false when there is none to end. */
const stopParked = async (house: House, scope: AccessScope, turn: Turn): Promise<Result<boolean>> => {
  const error = moltbotError("TURN_STOPPED");
  const notice = noticeOf(house, turn, "stopped", error);
  const end: TurnEnd = { state: "stopped", messageId: notice.id, code: error.code };
  const stopped = await endTurn(house, scope, turn, {
    message: notice,
    head: null,
    claim: async (repositories) => {
      const cancelled = await repositories.turns.cancel(scope, turn.id, end);
      if (!cancelled.ok) return cancelled;
      return cancelled.value ? done : err(moltbotError("CONFLICT", { kind: "turn" }));
    },
  });
  if (!stopped.ok) return stopped.error.code === "CONFLICT" ? ok(false) : stopped;
  announceNotice(house, turn, stopped.value, end);
  house.watch.settled(turn.id);
  const { id: turnId, conversationId } = turn;
  const recorded = await house.audit.record({
    event: "turn:ended",
    actor: scope.principalId,
    fields: { turnId, conversationId, state: end.state, code: end.code },
  });
  return recorded.ok ? ok(true) : recorded;
};

/** A turn between the queue and a worker is neither's for a moment. */
const A_MOMENT = 10;

/** Stops a turn wherever it is: at a worker, in the queue, waiting for a person, or on its way from one to the other. */
const stopTurn = async (
  { house, workers }: Pick<OperationPorts, "house" | "workers">,
  scope: AccessScope,
  turnId: TurnId,
  signal: AbortSignal,
): Promise<Result<void>> => {
  while (!signal.aborted) {
    const looked = new AbortController();
    const settled = house.watch.wait(turnId, AbortSignal.any([signal, looked.signal]));
    const turn = await house.store.turns.find(scope, turnId);
    if (turn.ok && turn.value.end === null && workers.stop(turnId)) {
      await settled; // it ends now, unless it had just lain down
      continue;
    }
    looked.abort();
    if (!turn.ok) return turn;
    if (turn.value.end !== null) return done;
    const stopped = await stopParked(house, scope, turn.value);
    if (!stopped.ok) return stopped;
    if (!stopped.value) await new Promise((resolve) => setTimeout(resolve, A_MOMENT));
  }
  return done;
};

export const messageOperations = ({ house, workers }: OperationPorts): Handlers => ({
  "messages.send": (context, input) =>
    streaming(house, context, async (follow): Promise<Result<TurnReport>> => {
      const text = input.content;
      if (text.trim() === "") return err(moltbotError("MESSAGE_EMPTY"));
      if (text.length > LONGEST_MESSAGE)
        return err(moltbotError("MESSAGE_TOO_LONG", { length: text.length, limit: LONGEST_MESSAGE }));
      const arrival = { agentId: input.agentId, conversationId: input.conversationId ?? null, text };
      const accepted = await receive(house, context.principal, arrival, input.idempotencyKey ?? null);
      if (!accepted.ok) return accepted;
      const { turn, conversation, message, fresh } = accepted.value;
      const scope = ownScope(context.principal);
      if (fresh)
        house.events.publish(
          "message:received",
          { tenantId: scope.tenantId, audience: conversation.audience },
          { conversationId: conversation.id, message },
        );
      follow(turn.id);
      return input.wait
        ? settledReport(house, scope, turn.id, context.signal, message)
        : reportOf(house, scope, turn, message);
    }),
  "turns.get": async ({ principal, signal }, { turnId, wait }) => {
    const scope = ownScope(principal);
    if (wait) return settledReport(house, scope, turnId, signal);
    const turn = await house.store.turns.find(scope, turnId);
    return turn.ok ? reportOf(house, scope, turn.value) : turn;
  },
  "turns.stop": async ({ principal, signal }, { turnId }) => {
    const scope = ownScope(principal);
    const turn = await house.store.turns.find(scope, turnId);
    if (!turn.ok) return turn;
    const recorded = await house.audit.record({ event: "turn:stopped", actor: principal.id, fields: { turnId } });
    if (!recorded.ok) return recorded;
    const stopped = await stopTurn({ house, workers }, scope, turnId, signal);
    if (!stopped.ok) return stopped;
    return settledReport(house, scope, turnId, signal);
  },
});
