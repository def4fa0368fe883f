import type { ConversationId, Prompt, SecretInfo, SharedObject } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { usage } from "../usage.ts";
import { findAgent } from "./find-agent.ts";
import type { Named } from "./find-person.ts";

/** Something that can be shared, and what people call it. */
interface SharedThing {
  readonly object: SharedObject;
  readonly name: string;
}

const KINDS = ["agent", "prompt", "secret", "conversation"] as const;
type Kind = (typeof KINDS)[number];

/** The kind in front of a word, such as `prompt:short`; an agent where there is none. */
const kindIn = (word: string): readonly [Kind, string] => {
  const kind = KINDS.find((one) => word.startsWith(`${one}:`));
  return kind === undefined ? ["agent", word] : [kind, word.slice(kind.length + 1)];
};

/** The one of that id or name, one's own before what others share: a name must not lead to somebody else's thing. */
const pick = async <T extends Named & { readonly ownerId: string | null }>(
  context: CommandContext,
  kind: Kind,
  all: readonly T[],
  word: string,
): Promise<T> => {
  const byId = all.find(({ id }) => id === word.toLowerCase());
  if (byId !== undefined) return byId;
  const fitting = all.filter(({ name }) => name === word);
  const [first, second] = fitting;
  if (first === undefined) throw new CommandFailure(moltbotError("NOT_FOUND", { kind }));
  if (second === undefined) return first;
  const { id: me } = await context.call("sessions.current", {});
  const [own, another] = fitting.filter(({ ownerId }) => ownerId === me);
  if (own === undefined || another !== undefined)
    throw usage(`There is more than one ${kind} called ${word}; give the id.`);
  return own;
};

/** The prompt of that id or name. */
export const findPrompt = async (context: CommandContext, word: string): Promise<Prompt> =>
  pick(context, "prompt", await context.call("prompts.list", {}), word);

const findSecret = async (context: CommandContext, word: string): Promise<SecretInfo> => {
  const all = await context.call("secrets.list", {});
  // The house's are for the house.
  return pick(
    context,
    "secret",
    all.filter(({ ownerId }) => ownerId !== null),
    word,
  );
};

/** The newest conversations, by what people call them. */
export const listConversations = async (
  context: CommandContext,
): Promise<readonly { readonly id: ConversationId; readonly name: string }[]> =>
  (await context.call("conversations.list", { limit: 200 })).map(({ id, title }) => ({ id, name: title }));

/** What a person named: an agent by name or id, or `prompt:NAME`, `secret:NAME`, `conversation:ID`. */
export const findThing = async (context: CommandContext, given: string): Promise<SharedThing> => {
  const [type, word] = kindIn(given);
  switch (type) {
    case "agent": {
      const { id, name } = await findAgent(context, word);
      return { object: { type, id }, name };
    }
    case "prompt": {
      const { id, name } = await findPrompt(context, word);
      return { object: { type, id }, name };
    }
    case "secret": {
      const { id, name } = await findSecret(context, word);
      return { object: { type, id }, name };
    }
    case "conversation": {
      const known = (await listConversations(context)).find(({ id }) => id === word.toLowerCase());
      if (known === undefined) throw new CommandFailure(moltbotError("NOT_FOUND", { kind: type }));
      return { object: { type, id: known.id }, name: known.name };
    }
  }
};
