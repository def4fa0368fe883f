import { err, moltbotError } from "@moltbot/contracts";
import type { WorkspaceCopy } from "../copy/workspace-copy.ts";
import { takeTurns } from "./take-turns.ts";

/** Copies as everybody may use them: one call after the other on one copy, whoever asks. */
export const oneCallAtATime = (copies: WorkspaceCopy): WorkspaceCopy => {
  const turns = takeTurns(Number.POSITIVE_INFINITY);
  const ending = async <T>(endTurn: () => void, act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } finally {
      endTurn();
    }
  };
  const inTurn = async <T>(copy: string, act: () => Promise<T>): Promise<T> =>
    ending(await turns.take(copy, null), act);
  return {
    refresh: async (place, signal) => {
      const endTurn = await turns.take(place.copy, signal);
      return endTurn === null
        ? err(moltbotError("TURN_STOPPED"))
        : ending(endTurn, () => copies.refresh(place, signal));
    },
    difference: (place, paths) => inTurn(place.copy, () => copies.difference(place, paths)),
    content: (place, path) => inTurn(place.copy, () => copies.content(place, path)),
    settle: (place, paths) => inTurn(place.copy, () => copies.settle(place, paths)),
    remove: (copy) => inTurn(copy, () => copies.remove(copy)),
  };
};
