import { ConversationId, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Conversation,
  DecisionId,
  DecisionRecord,
  Label,
  Message,
  MessageId,
  PrivacySubject,
  Repositories,
  Result,
} from "@moltbot/contracts";

const MOST_CONVERSATIONS = 1_000_000;
const PAGE = 500;
const DECISIONS = 200;

/** The conversations of a subject; what can be opened of them. */
export const conversationsOf = async (
  store: Pick<Repositories, "conversations">,
  scope: AccessScope,
  subject: PrivacySubject,
): Promise<Result<readonly Conversation[]>> => {
  if (subject.kind === "conversation") {
    const one = await store.conversations.find(scope, subject.id);
    return one.ok ? ok([one.value]) : one;
  }
  const all = await store.conversations.list(scope, MOST_CONVERSATIONS);
  return all.ok ? ok(all.value.filter(({ ownerId }) => ownerId === subject.id)) : all;
};

/** Every message of every branch, in the order of ids. */
export const eachMessage = async (
  store: Pick<Repositories, "conversations">,
  scope: AccessScope,
  id: ConversationId,
  visit: (message: Message) => void,
): Promise<Result<void>> => {
  for (let after: MessageId | null = null; ;) {
    const page: Result<readonly Message[]> = await store.conversations.messages(scope, id, after, PAGE);
    if (!page.ok) return page;
    for (const message of page.value) visit(message);
    const last = page.value.at(-1);
    if (last === undefined) return ok(undefined);
    after = last.id;
  }
};

/** Every decision that the scope sees, oldest first. */
export const eachDecision = async (
  store: Pick<Repositories, "decisions">,
  scope: AccessScope,
  visit: (decision: DecisionRecord) => void,
): Promise<Result<void>> => {
  for (let after: DecisionId | null = null; ;) {
    const page: Result<readonly DecisionRecord[]> = await store.decisions.page(scope, {}, after, DECISIONS);
    if (!page.ok) return page;
    for (const decision of page.value) visit(decision);
    const last = page.value.at(-1);
    if (last === undefined) return ok(undefined);
    after = last.id;
  }
};

/** Whether one of these messages is among what it came from. */
export const cameFrom = ({ sources }: Label, messages: ReadonlySet<string>): boolean =>
  sources.some(({ kind, ref }) => kind === "message" && messages.has(ref));
