import { MessageId, TurnId, label, ok } from "@moltbot/contracts";
import type { AccessScope, Conversation, Message, Repositories, Result, Turn } from "@moltbot/contracts";
import type { Route } from "@moltbot/core/routing";
import type { House } from "./house.ts";

/** A message that is durable, and the turn that will answer it. `fresh`: false when its key was seen before. */
export interface Accepted {
  readonly conversation: Conversation;
  readonly turn: Turn;
  readonly message: Message;
  readonly fresh: boolean;
}

const newTurn = (house: House, scope: AccessScope, where: Route, userMessageId: MessageId): Turn => {
  const now = house.clock.now();
  return {
    id: house.ids.next(TurnId),
    tenantId: scope.tenantId,
    ownerId: scope.principalId,
    conversationId: where.conversation.id,
    agentId: where.agent.id,
    authority: scope.principalId,
    userMessageId,
    state: "queued",
    steps: 0,
    attempts: 0,
    waitingFor: [],
    end: null,
    createdAt: now,
    updatedAt: now,
  };
};

/** What an authenticated person typed: as trusted as its author, for the conversation's audience alone. */
const typedMessage = (scope: AccessScope, where: Route, turn: Turn, text: string): Message => ({
  id: turn.userMessageId,
  conversationId: where.conversation.id,
  parentId: null,
  role: "user",
  author: scope.principalId,
  turnId: turn.id,
  parts: [{ type: "text", text }],
  label: label("authority", where.conversation.audience, [{ kind: "message", ref: turn.userMessageId }]),
  state: "complete",
  model: null,
  createdAt: turn.createdAt,
});

/** What an earlier message with the same key became. */
const acceptedBefore = async (
  repositories: Repositories,
  scope: AccessScope,
  turn: Turn,
): Promise<Result<Accepted>> => {
  const message = await repositories.conversations.message(scope, turn.userMessageId);
  if (!message.ok) return message;
  const conversation = await repositories.conversations.find(scope, turn.conversationId);
  return conversation.ok
    ? ok({ conversation: conversation.value, turn, message: message.value, fresh: false })
    : conversation;
};

/** Inside one transaction: the turn of that key if there is one; otherwise the conversation if it is new, the turn, and the message under its head. */
export const acceptMessage = async (
  house: House,
  repositories: Repositories,
  scope: AccessScope,
  where: Route,
  text: string,
  key: string | null,
): Promise<Result<Accepted>> => {
  const before = key === null ? ok(null) : await repositories.turns.byKey(scope, key);
  if (!before.ok) return before;
  if (before.value !== null) return acceptedBefore(repositories, scope, before.value);
  if (where.fresh) {
    const created = await repositories.conversations.create(scope, where.conversation);
    if (!created.ok) return created;
  }
  const queued = await repositories.turns.enqueue(scope, newTurn(house, scope, where, house.ids.next(MessageId)), key);
  if (!queued.ok) return queued;
  const { turn } = queued.value;
  const message = await repositories.conversations.append(
    scope,
    where.conversation.activeHead,
    typedMessage(scope, where, turn, text),
  );
  return message.ok ? ok({ conversation: where.conversation, turn, message: message.value, fresh: true }) : message;
};
