import { MessageId, done, err, label, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  Message,
  MoltbotError,
  Repositories,
  Result,
  Turn,
  TurnEnd,
  TurnId,
} from "@moltbot/contracts";
import type { House } from "./house.ts";

/** A notice of a turn, in the program's own words. */
export const noticeWith = (
  house: Pick<House, "ids" | "clock">,
  turn: Turn,
  state: Message["state"],
  text: string,
): Message => ({
  id: house.ids.next(MessageId),
  conversationId: turn.conversationId,
  parentId: null,
  role: "notice",
  author: turn.agentId,
  turnId: turn.id,
  parts: [{ type: "text", text }],
  label: label("authority", [turn.ownerId]),
  state,
  model: null,
  createdAt: house.clock.now(),
});

/** The message that ends a turn without a reply: why there is none, and what to do next. */
export const noticeOf = (
  house: Pick<House, "ids" | "clock">,
  turn: Turn,
  state: Message["state"],
  error: MoltbotError,
): Message => noticeWith(house, turn, state, `${error.message} ${error.next}`);

/** Cancels what a turn still asks, in the transaction that ends it: a question must not outlive the only turn that its answer could reach. */
export const closeQuestions = async (
  repositories: Repositories,
  scope: AccessScope,
  turnId: TurnId,
): Promise<Result<readonly Approval[]>> => {
  const asked = await repositories.approvals.ofTurn(scope, turnId);
  if (!asked.ok) return asked;
  const closed: Approval[] = [];
  for (const { id, state } of asked.value) {
    if (state !== "pending" && state !== "allowed") continue;
    const moved = await repositories.approvals.move(scope, id, state, "cancelled", {});
    if (!moved.ok) return moved;
    closed.push(moved.value);
  }
  return ok(closed);
};

/** Tells whoever watches that questions are closed. */
export const announceClosed = (house: Pick<House, "events">, scope: AccessScope, closed: readonly Approval[]): void => {
  const to = { tenantId: scope.tenantId, audience: [scope.principalId] };
  for (const { id, conversationId, state } of closed)
    house.events.publish("approval:answered", to, { conversationId, approvalId: id, state });
};

/** Tells whoever watches that a turn ended with a notice. */
export const announceNotice = (house: Pick<House, "events">, turn: Turn, notice: Message, end: TurnEnd): void => {
  const to = { tenantId: turn.tenantId, audience: [turn.ownerId] };
  const { id: turnId, conversationId, agentId } = turn;
  house.events.publish("message:sent", to, { conversationId, message: notice });
  house.events.publish("agent:stopped", to, { conversationId, agentId, turnId, end });
};

/** How a turn ends: with its last message, by whoever has the right to end it. */
export interface Ending {
  readonly message: Message;
  /** Where the message goes; null: the conversation's active head, looked up. */
  readonly head: string | null;
  /** Ends the turn in the queue; an error when it is not the caller's to end, and then nothing of it is done. */
  readonly claim: (repositories: Repositories) => Promise<Result<void>>;
}

const headOf = async (
  repositories: Repositories,
  scope: AccessScope,
  turn: Turn,
  known: string | null,
): Promise<Result<string>> => {
  if (known !== null) return ok(known);
  const conversation = await repositories.conversations.find(scope, turn.conversationId);
  return conversation.ok ? ok(conversation.value.activeHead) : conversation;
};

/**
 * Ends a turn in one transaction: the end, the questions closed, the last message under its head. A message without an end, or an
 * end without a message, cannot exist.
 */
export const endTurn = async (
  house: Pick<House, "store" | "events">,
  scope: AccessScope,
  turn: Turn,
  { message, head: known, claim }: Ending,
): Promise<Result<Message>> => {
  let closed: readonly Approval[] = [];
  const ended = await house.store.atomically(async (repositories) => {
    const claimed = await claim(repositories);
    if (!claimed.ok) return claimed;
    const questions = await closeQuestions(repositories, scope, turn.id);
    if (!questions.ok) return questions;
    closed = questions.value;
    const head = await headOf(repositories, scope, turn, known);
    return head.ok ? repositories.conversations.append(scope, head.value, message) : head;
  });
  if (ended.ok) announceClosed(house, scope, closed);
  return ended;
};

/** Ends a turn that no worker runs, with a notice that says why; false when there is none to end. */
export const endParked = async (
  house: Pick<House, "store" | "events" | "ids" | "clock" | "watch" | "audit">,
  scope: AccessScope,
  turn: Turn,
  error: MoltbotError,
): Promise<Result<boolean>> => {
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
