import { MessageId, err, label, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { AccessScope, DomainEvent, Message, OperationHandlers, RequestContext, Result, Turn, TurnId, TurnReport } from "@moltbot/contracts";
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
const streaming = async <T>(house: House, context: RequestContext, work: (follow: (id: TurnId) => void) => Promise<T>): Promise<T> => {
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

/** Ends a turn that no worker runs, with a notice. */
const stopParked = (house: House, scope: AccessScope, turn: Turn): Promise<Result<boolean>> => {
  const error = moltbotError("TURN_STOPPED");
  const notice: Message = {
    id: house.ids.next(MessageId),
    conversationId: turn.conversationId,
    parentId: null,
    role: "notice",
    author: turn.agentId,
    turnId: turn.id,
    parts: [{ type: "text", text: `${error.message} ${error.next}` }],
    label: label("authority", [turn.ownerId]),
    state: "stopped",
    model: null,
    createdAt: house.clock.now(),
  };
  return house.store.atomically(async (repositories) => {
    const cancelled = await repositories.turns.cancel(scope, turn.id, { state: "stopped", messageId: notice.id, code: error.code });
    if (!cancelled.ok || !cancelled.value) return cancelled;
    const approvals = await repositories.approvals.ofTurn(scope, turn.id);
    if (!approvals.ok) return approvals;
    for (const { id } of approvals.value.filter(({ state }) => state === "pending")) {
      const moved = await repositories.approvals.move(scope, id, "pending", "cancelled", {});
      if (!moved.ok) return moved;
    }
    const conversation = await repositories.conversations.find(scope, turn.conversationId);
    if (!conversation.ok) return conversation;
    const appended = await repositories.conversations.append(scope, conversation.value.activeHead, notice);
    return appended.ok ? ok(true) : appended;
  });
};

export const messageOperations = ({ house, workers }: OperationPorts): Handlers => ({
  "messages.send": (context, input) =>
    streaming(house, context, async (follow): Promise<Result<TurnReport>> => {
      const text = input.content;
      if (text.trim() === "") return err(moltbotError("MESSAGE_EMPTY"));
      if (text.length > LONGEST_MESSAGE) return err(moltbotError("MESSAGE_TOO_LONG", { length: text.length, limit: LONGEST_MESSAGE }));
      const arrival = { agentId: input.agentId, conversationId: input.conversationId ?? null, text };
      const accepted = await receive(house, context.principal, arrival, input.idempotencyKey ?? null);
      if (!accepted.ok) return accepted;
      const { turn, conversation, message, fresh } = accepted.value;
      const scope = ownScope(context.principal);
      if (fresh) house.events.publish("message:received", { tenantId: scope.tenantId, audience: conversation.audience }, { conversationId: conversation.id, message });
      follow(turn.id);
      return input.wait ? settledReport(house, scope, turn.id, context.signal) : reportOf(house, scope, turn);
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
    if (turn.value.end === null && !workers.stop(turnId)) {
      const stopped = await stopParked(house, scope, turn.value);
      if (!stopped.ok) return stopped;
      house.watch.settled(turnId);
    }
    return settledReport(house, scope, turnId, signal);
  },
});
