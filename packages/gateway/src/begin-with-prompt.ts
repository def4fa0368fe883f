import { ok, ownScope } from "@moltbot/contracts";
import type { Principal, Prompt, PromptId, Repositories, Result } from "@moltbot/contracts";
import type { QuotedBlock } from "@moltbot/core/conversation";
import { houseScope } from "./keep-house.ts";

type Reading = Pick<Repositories, "prompts" | "people">;

/** What somebody sends: their words, and words of others that go with them. */
export interface Words {
  readonly content: string;
  readonly blocks: readonly QuotedBlock[];
}

/** Whether a text is wholly somebody's own words; replaced only by a test that shows what it is for. */
export type OwnWords = (prompt: Pick<Prompt, "ownerId" | "writtenBy">, by: Pick<Principal, "id">) => boolean;
/** Both: what somebody else shared is theirs, and what somebody else changed last is theirs too. */
const areOwnWords: OwnWords = ({ ownerId, writtenBy }, by) => ownerId === by.id && writtenBy === by.id;

/** Whom a text that is not one's own names as its origin: who wrote it last, or else whose it is. */
const nameOf = async (store: Reading, by: Principal, { ownerId, writtenBy }: Prompt): Promise<string | null> => {
  const person = await store.people.find(houseScope(by), writtenBy ?? ownerId);
  return person.ok ? person.value.name : null;
};

/**
 * A message that begins with a prompt. One's own text stands before what one says, as one's own words; somebody else's, and what
 * somebody else changed, is quoted: it is shown to the agent, and it never tells it what to do.
 */
export const beginWithPrompt = async (
  store: Reading,
  by: Principal,
  promptId: PromptId | undefined,
  { content, blocks }: Words,
  areOwn: OwnWords = areOwnWords,
): Promise<Result<Words>> => {
  if (promptId === undefined) return ok({ content, blocks });
  const found = await store.prompts.find(ownScope(by), promptId);
  if (!found.ok) return found;
  const { text } = found.value;
  if (areOwn(found.value, by)) return ok({ content: content === "" ? text : `${text}\n\n${content}`, blocks });
  const from = await nameOf(store, by, found.value);
  return ok({ content, blocks: [{ kind: "pasted", from, text }, ...blocks] });
};
