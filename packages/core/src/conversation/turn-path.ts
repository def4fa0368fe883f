import type { Message, Turn } from "@moltbot/contracts";

/**
 * The messages of a path that a turn may see, its own last. Somebody may write again while a turn runs or waits: what belongs to a
 * turn that began later is left out, or the model would answer the later message under the earlier one's authority.
 */
export const turnPath = (path: readonly Message[], turn: Pick<Turn, "id" | "userMessageId">): readonly Message[] => {
  const own = path.filter(({ turnId }) => turnId === turn.id);
  const begun = path.findIndex(({ id }) => id === turn.userMessageId);
  const later = new Set(
    path
      .filter(({ role, turnId }, at) => at > begun && role === "user" && turnId !== turn.id)
      .map(({ turnId }) => turnId),
  );
  const earlier = path.filter(({ turnId }) => turnId !== turn.id && (turnId === null || !later.has(turnId)));
  return [...earlier, ...own];
};
