import { ok } from "@moltbot/contracts";
import type { AccessScope, Message, Result, Turn, TurnId, TurnReport } from "@moltbot/contracts";
import type { House } from "../house.ts";

/** What became of a turn so far. `known`: the person's own message, when the caller holds it. */
export const reportOf = async (
  house: House,
  scope: AccessScope,
  turn: Turn,
  known?: Message,
): Promise<Result<TurnReport>> => {
  const message = known === undefined ? await house.store.conversations.message(scope, turn.userMessageId) : ok(known);
  if (!message.ok) return message;
  const replyId = turn.end?.messageId ?? null;
  const reply = replyId === null ? null : await house.store.conversations.message(scope, replyId);
  if (reply !== null && !reply.ok) return reply;
  const approvals = turn.state === "waiting" ? await house.store.approvals.ofTurn(scope, turn.id) : ok([]);
  if (!approvals.ok) return approvals;
  return ok({
    turnId: turn.id,
    conversationId: turn.conversationId,
    state: turn.state,
    message: message.value,
    reply: reply?.value ?? null,
    approvals: approvals.value.filter(({ state }) => state === "pending"),
  });
};

const settled = (turn: Turn): boolean => turn.end !== null || (turn.state === "waiting" && turn.waitingFor.length > 0);

/** Given as a reason, because without one the runtime makes an exception with a stack, for every message. */
const OVER = "the turn was looked at";

/** The report once the turn has ended or waits for a person, or when the signal aborts, whichever comes first. */
export const settledReport = async (
  house: House,
  scope: AccessScope,
  id: TurnId,
  signal: AbortSignal,
  known?: Message,
): Promise<Result<TurnReport>> => {
  const looked = new AbortController();
  const over = AbortSignal.any([signal, looked.signal]);
  try {
    for (;;) {
      const waiting = house.watch.wait(id, over);
      const turn = await house.store.turns.find(scope, id);
      if (!turn.ok) return turn;
      if (settled(turn.value) || signal.aborted) return await reportOf(house, scope, turn.value, known);
      await waiting;
    }
  } finally {
    looked.abort(OVER); // nobody waits for a turn that was answered
  }
};
