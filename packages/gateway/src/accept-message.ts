import { MessageId, TurnId, SOMEBODY, err, joinAll, label, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Conversation,
  Label,
  Message,
  MessagePart,
  Proof,
  Repositories,
  Result,
  Turn,
} from "@moltbot/contracts";
import { messageParts } from "@moltbot/core/conversation";
import type { QuotedBlock } from "@moltbot/core/conversation";
import type { Route } from "@moltbot/core/routing";
import type { House } from "./house.ts";
import { withSignals } from "./signals.ts";

/** A message that is durable, and the turn that will answer it. `fresh`: false when its key was seen before. */
export interface Accepted {
  readonly conversation: Conversation;
  readonly turn: Turn;
  readonly message: Message;
  readonly fresh: boolean;
}

/** What an authenticated person sent: their own words, and words of others that go with them. */
export interface Sent {
  readonly text: string;
  readonly blocks: readonly QuotedBlock[];
  /** What the words count as: the person's own, or anybody's where the credential passes on what others wrote. */
  readonly integrity: Proof["integrity"];
  /** By what, where that is counted by itself. */
  readonly cameBy?: Turn["cameBy"] | undefined;
}

/** As trusted as whoever speaks through the credential, for the conversation's audience alone; each quote in it carries a label of its own. */
const typedMessage = (house: House, scope: AccessScope, where: Route, turnId: TurnId, sent: Sent): Message => {
  const id = house.ids.next(MessageId);
  const { audience } = where.conversation;
  return {
    id,
    conversationId: where.conversation.id,
    parentId: null,
    role: "user",
    author: scope.principalId,
    turnId,
    parts: withSignals(house, messageParts(sent.text, sent.blocks, audience, id)),
    // What a credential passes on, somebody else said.
    label: label(sent.integrity, audience, [
      { kind: "message", ref: id },
      ...(sent.integrity === "authority" ? [] : [SOMEBODY]),
    ]),
    state: "complete",
    model: null,
    createdAt: house.clock.now(),
  };
};

const quoteLabels = (parts: readonly MessagePart[]): readonly Label[] =>
  parts.flatMap((part) => (part.type === "quote" ? [part.label] : []));

/** A turn is no more trusted than all that began it. */
export const turnFor = (
  scope: AccessScope,
  where: Route,
  message: Message,
  id: TurnId,
  cameBy?: Turn["cameBy"],
): Turn => ({
  id,
  tenantId: scope.tenantId,
  ownerId: scope.principalId,
  conversationId: where.conversation.id,
  agentId: where.agent.id,
  authority: scope.principalId,
  userMessageId: message.id,
  ...(cameBy === undefined ? {} : { cameBy }),
  label: joinAll([message.label, ...quoteLabels(message.parts)]),
  state: "queued",
  steps: 0,
  attempts: 0,
  waitingFor: [],
  end: null,
  createdAt: message.createdAt,
  updatedAt: message.createdAt,
});

const wordsOf = (parts: readonly MessagePart[]): string =>
  JSON.stringify(parts.map((part) => ("text" in part ? [part.type, part.text] : [part.type])));

/** Whether an earlier message is the one that is sent now. One whose content was taken back is not compared. */
const isSame = ({ id, parts, state }: Message, sent: Sent): boolean =>
  state !== "complete" || wordsOf(parts) === wordsOf(messageParts(sent.text, sent.blocks, [], id));

/** What an earlier message with the same key became; IDEMPOTENCY_KEY_REUSED where it said something else, or to another agent. */
const acceptedBefore = async (
  repositories: Repositories,
  scope: AccessScope,
  where: Route,
  sent: Sent,
  turn: Turn,
): Promise<Result<Accepted>> => {
  const message = await repositories.conversations.message(scope, turn.userMessageId);
  if (!message.ok) return message;
  if (turn.agentId !== where.agent.id || !isSame(message.value, sent))
    return err(moltbotError("IDEMPOTENCY_KEY_REUSED"));
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
  sent: Sent,
  key: string | null,
): Promise<Result<Accepted>> => {
  const before = key === null ? ok(null) : await repositories.turns.byKey(scope, key);
  if (!before.ok) return before;
  if (before.value !== null) return acceptedBefore(repositories, scope, where, sent, before.value);
  if (where.fresh) {
    const created = await repositories.conversations.create(scope, where.conversation);
    if (!created.ok) return created;
  }
  const turnId = house.ids.next(TurnId);
  const typed = typedMessage(house, scope, where, turnId, sent);
  const queued = await repositories.turns.enqueue(scope, turnFor(scope, where, typed, turnId, sent.cameBy), key);
  if (!queued.ok) return queued;
  const message = await repositories.conversations.append(scope, where.conversation.activeHead, typed);
  return message.ok
    ? ok({ conversation: where.conversation, turn: queued.value.turn, message: message.value, fresh: true })
    : message;
};
