/** What strangers try on prompts, and on what is shared of prompts, secrets and conversations. */
import { PromptId, SecretId, ShareId } from "@moltbot/contracts";
import type {
  AccessScope,
  Conversation,
  Message,
  Principal,
  Prompt,
  Result,
  Share,
  SharedObject,
} from "@moltbot/contracts";
import type { Database } from "../index.ts";
import { EVERYONE, toPerson } from "./people-attacks.ts";
import type { Housemates } from "./people-attacks.ts";
import { AT, must, next, scopeOf } from "./world.ts";

export const aPrompt = (owner: Pick<Principal, "id">, change: Partial<Prompt> = {}): Prompt => ({
  id: next(PromptId),
  ownerId: owner.id,
  name: "Minutes",
  text: "Write the minutes of this.",
  writtenBy: owner.id,
  createdAt: AT,
  updatedAt: AT,
  ...change,
});
/** A share of whatever it is, by its owner. */
export const aShareOf = (
  object: SharedObject,
  owner: Pick<Principal, "id">,
  to: Share["to"],
  change: Partial<Share> = {},
): Share => ({
  id: next(ShareId),
  object,
  to,
  rights: ["use"],
  effect: "allow",
  upTo: null,
  by: owner.id,
  at: AT,
  ...change,
});
export const promptObject = ({ id }: Pick<Prompt, "id">): SharedObject => ({ type: "prompt", id });
export const talkObject = ({ id }: Pick<Conversation, "id">): SharedObject => ({ type: "conversation", id });

interface Talkers extends Housemates {
  readonly conversation: Conversation;
  readonly message: Message;
}
export interface SharedVictim extends Talkers {
  readonly prompt: Prompt;
  readonly secret: SharedObject;
  readonly release: Share;
}

/** Gives Ada a prompt, a secret that she shares with Gus, and releases her conversation to him. */
export const seedShared = async <V extends Talkers>(db: Database, victim: V): Promise<V & SharedVictim> => {
  const { ada, gus, conversation, message } = victim;
  const me = scopeOf(ada);
  const prompt = aPrompt(ada, { text: "the secret prompt" });
  must(await db.prompts.create(me, prompt));
  must(await db.shares.set(me, aShareOf(promptObject(prompt), ada, toPerson(gus), { rights: ["use", "edit"] })));
  const secret: SharedObject = { type: "secret", id: next(SecretId) };
  must(await db.shares.set(me, aShareOf(secret, ada, toPerson(gus))));
  const release = must(
    await db.shares.set(me, aShareOf(talkObject(conversation), ada, toPerson(gus), { upTo: message.id })),
  );
  return { ...victim, prompt, secret, release };
};

type Attack = (db: Database, scope: AccessScope, victim: SharedVictim) => Promise<Result<unknown>>;

export const SHARED_ATTACKS: Readonly<Record<string, Attack>> = {
  "prompts.list": (db, scope) => db.prompts.list(scope),
  "prompts.find": (db, scope, { prompt }) => db.prompts.find(scope, prompt.id),
  "prompts.create": (db, scope, { ada }) => db.prompts.create(scope, aPrompt(ada)),
  "prompts.change": (db, scope, { prompt }) =>
    db.prompts.change(scope, prompt.id, { name: "mine", text: "mine", writtenBy: scope.principalId, updatedAt: AT }),
  "prompts.remove": (db, scope, { prompt }) => db.prompts.remove(scope, prompt.id),
  "conversations.sharedWith": (db, scope) => db.conversations.sharedWith(scope),
  "conversations.pathTo": (db, scope, { conversation, message }) =>
    db.conversations.pathTo(scope, conversation.id, message.id),
  "conversations.sharedPath": (db, scope, { conversation }) => db.conversations.sharedPath(scope, conversation.id),
  "shares.ofObject of a prompt": (db, scope, { prompt }) => db.shares.ofObject(scope, promptObject(prompt)),
  "shares.ofObject of a conversation": (db, scope, { conversation }) =>
    db.shares.ofObject(scope, talkObject(conversation)),
  "shares.ofObject of a secret": (db, scope, { secret }) => db.shares.ofObject(scope, secret),
  "shares.set of a prompt": (db, scope, { prompt, bob }) =>
    db.shares.set(scope, aShareOf(promptObject(prompt), { id: scope.principalId }, toPerson(bob))),
  "shares.set of a conversation": (db, scope, { conversation, message, bob }) =>
    db.shares.set(
      scope,
      aShareOf(talkObject(conversation), { id: scope.principalId }, toPerson(bob), { upTo: message.id }),
    ),
  "shares.set further than it was released": (db, scope, { conversation, message, gus }) =>
    db.shares.set(
      scope,
      aShareOf(talkObject(conversation), { id: scope.principalId }, toPerson(gus), { upTo: message.id }),
    ),
  "shares.endAll": (db, scope, { agent }) => db.shares.endAll(scope, { type: "agent", id: agent.id }),
  "shares.endAll of a secret": (db, scope, { secret }) => db.shares.endAll(scope, secret),
  "shares.remove of a release": (db, scope, { release }) => db.shares.remove(scope, release.id),
  "shares.find of a release": (db, scope, { release }) => db.shares.find(scope, release.id),
};

/** Held by the check of whose the object is, or by whom it was shared with, whatever the predicate says. */
export const SHARED_HELD_OTHERWISE: readonly string[] = [
  "prompts.create",
  "conversations.sharedWith",
  "conversations.sharedPath",
  "shares.ofObject of a conversation",
  "shares.set of a prompt",
  "shares.set of a conversation",
  "shares.set further than it was released",
];

/** What somebody in the house writes about another one's secret, whose owner no row knows: it stands in their own name. */
export const shareAnothersSecret: Attack = (db, scope, { secret, bob }) =>
  db.shares.set(
    scope,
    aShareOf(secret, { id: scope.principalId }, scope.principalId === bob.id ? EVERYONE : toPerson(bob)),
  );
