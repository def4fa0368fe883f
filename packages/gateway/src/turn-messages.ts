import { ok } from "@moltbot/contracts";
import type { AccessScope, Conversation, Message, Repositories, Result, Turn } from "@moltbot/contracts";

type Talk = Pick<Conversation, "id" | "activeHead">;
type Path = Pick<Repositories["conversations"], "path">;

/** How far back a turn is looked for: it may lie on another branch by now. */
const FARTHEST = 10_000;

/**
 * The messages that a turn works on, oldest first: the `most` newest, and all of its own however many came in between. Its plan,
 * its questions and the calls they are about lie in its messages: what fell out of the window would be forgotten, or lose its order.
 */
export const turnMessages = (
  conversations: Path,
  scope: AccessScope,
  turn: Pick<Turn, "id" | "userMessageId">,
  talk: Talk,
  most: number,
): (() => Promise<Result<readonly Message[]>>) => {
  let looked = most;
  return async () => {
    for (;;) {
      const path = await conversations.path(scope, talk.id, talk.activeHead, looked);
      if (!path.ok) return path;
      const { value } = path;
      const isWhole = value.length < looked || value.some(({ id }) => id === turn.userMessageId);
      if (isWhole || looked >= FARTHEST)
        return ok(value.filter(({ turnId }, at) => at >= value.length - most || turnId === turn.id));
      looked *= 2;
    }
  };
};
