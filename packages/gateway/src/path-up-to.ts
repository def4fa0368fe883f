import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ConversationId, Message, MessageId, Repositories, Result } from "@moltbot/contracts";

const PAGE = 500;

const notFound = (): Result<never> => err(moltbotError("NOT_FOUND", { kind: "message" }));

/** Every message of every branch. */
const allOf = async (
  { conversations }: Pick<Repositories, "conversations">,
  scope: AccessScope,
  id: ConversationId,
): Promise<Result<ReadonlyMap<MessageId, Message>>> => {
  const found = new Map<MessageId, Message>();
  for (let after: MessageId | null = null; ;) {
    const page: Result<readonly Message[]> = await conversations.messages(scope, id, after, PAGE);
    if (!page.ok) return page;
    for (const message of page.value) found.set(message.id, message);
    after = page.value.at(-1)?.id ?? null;
    if (page.value.length < PAGE) return ok(found);
  }
};

/**
 * The path from a conversation's root to a message, oldest first. NOT_FOUND for a message that is not in it, and where one before it
 * cannot be read: what a path is made of is known whole, or not at all.
 */
export const pathUpTo = async (
  store: Pick<Repositories, "conversations">,
  scope: AccessScope,
  id: ConversationId,
  upTo: MessageId,
): Promise<Result<readonly Message[]>> => {
  const all = await allOf(store, scope, id);
  if (!all.ok) return all;
  const path: Message[] = [];
  for (let next: MessageId | null = upTo; next !== null;) {
    const message = all.value.get(next);
    if (message === undefined || path.length > all.value.size) return notFound();
    path.unshift(message);
    next = message.parentId;
  }
  return ok(path);
};
