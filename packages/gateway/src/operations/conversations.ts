import { err, label, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  Conversation,
  ConversationId,
  Message,
  OperationHandlers,
  OperationInput,
  Principal,
  Repositories,
  Result,
  SharedConversation,
} from "@moltbot/contracts";
import { releaseOf } from "../release.ts";
import type { Release } from "../release.ts";
import { createSharedTitles } from "../shared-titles.ts";
import type { SharedTitle } from "../shared-titles.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "conversations.list" | "conversations.get" | "conversations.messages">;
type Reading = Pick<Repositories, "conversations">;

/** The one branch of a conversation that is shared: the path to the last message that it shows. */
const SHARED = "shared";

/** A conversation as whom it is shared with has it. Its dates are the share's: nothing says what came of it afterwards. */
const asShared = (
  { id, agentId, ownerId, createdAt, upTo, sharedAt }: SharedConversation,
  title: string,
  reader: Principal,
): Conversation => ({
  id,
  agentId,
  ownerId,
  audience: [ownerId, reader.id],
  title,
  heads: { [SHARED]: upTo },
  activeHead: SHARED,
  createdAt,
  updatedAt: sharedAt,
});

/** The release as its reader knows it: for both of them. */
const readBy = (message: Message, ownerId: SharedConversation["ownerId"], reader: Principal): Message => ({
  ...message,
  label: label(message.label.integrity, [ownerId, reader.id], message.label.sources),
});

interface Read {
  readonly shared: SharedConversation;
  readonly release: Release;
}

/** What of somebody else's conversation is shared with a person now; NOT_FOUND when nothing is. */
const sharedWith = async (store: Reading, by: Principal, id: ConversationId): Promise<Result<Read>> => {
  const shared = await store.conversations.sharedPath(ownScope(by), id);
  if (!shared.ok) return shared;
  const { messages: path, ...rest } = shared.value;
  const release = releaseOf({ id, upTo: rest.upTo, path });
  return release.messages.length === 0
    ? err(moltbotError("NOT_FOUND", { kind: "conversation" }))
    : ok({ shared: rest, release });
};

/** The newest of both kinds. What is shared and cannot be read any more is not there. */
const list = async (
  store: Reading,
  titleOf: SharedTitle,
  by: Principal,
  limit: number,
): Promise<Result<readonly Conversation[]>> => {
  const own = await store.conversations.list(ownScope(by), limit);
  if (!own.ok) return own;
  const others = await store.conversations.sharedWith(ownScope(by));
  if (!others.ok) return others;
  const found: Conversation[] = [...own.value];
  for (const { id } of others.value.slice(0, limit)) {
    const shared = await store.conversations.sharedPath(ownScope(by), id);
    const title = shared.ok ? titleOf(shared.value, shared.value.messages) : null;
    if (shared.ok && title !== null) found.push(asShared(shared.value, title, by));
  }
  return ok(found.toSorted((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1)).slice(0, limit));
};

const get = async (store: Reading, by: Principal, id: ConversationId): Promise<Result<Conversation>> => {
  const own = await store.conversations.find(ownScope(by), id);
  if (own.ok || own.error.code !== "NOT_FOUND") return own;
  const read = await sharedWith(store, by, id);
  return read.ok ? ok(asShared(read.value.shared, read.value.release.title, by)) : read;
};

const messages = async (
  store: Reading,
  by: Principal,
  { conversationId, head, limit }: OperationInput<"conversations.messages">,
): Promise<Result<readonly Message[]>> => {
  const scope = ownScope(by);
  const own = await store.conversations.find(scope, conversationId);
  if (own.ok) return store.conversations.path(scope, conversationId, head ?? own.value.activeHead, limit);
  if (own.error.code !== "NOT_FOUND") return own;
  const read = await sharedWith(store, by, conversationId);
  if (!read.ok) return read;
  if (head !== undefined && head !== SHARED) return err(moltbotError("NOT_FOUND", { kind: "branch" }));
  const { shared, release } = read.value;
  return ok(release.messages.slice(-limit).map((message) => readBy(message, shared.ownerId, by)));
};

/** One's own conversations, and what others released of theirs. */
export const conversationOperations = ({ house: { store } }: Pick<OperationPorts, "house">): Handlers => {
  const titleOf = createSharedTitles();
  return {
    "conversations.list": ({ principal }, { limit }) => list(store, titleOf, principal, limit),
    "conversations.get": ({ principal }, { conversationId }) => get(store, principal, conversationId),
    "conversations.messages": ({ principal }, input) => messages(store, principal, input),
  };
};
