import { done, err, moltbotError } from "@moltbot/contracts";
import type { AccessScope, Result, TurnId } from "@moltbot/contracts";
import { endParked } from "../end-turn.ts";
import type { House } from "../house.ts";
import type { TurnWorkers } from "../turn-workers.ts";

/** A turn between the queue and a worker is neither's for a moment. */
const A_MOMENT = 10;
/** How long a turn may take to end once it was told to, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Stops a turn wherever it is: at a worker, in the queue, waiting for a person, or on its way from one to the other. It goes on
 * when whoever asked has gone, and returns ok only when the turn has ended.
 */
export const stopTurn = async (
  { house, workers }: { readonly house: House; readonly workers: Pick<TurnWorkers, "stop"> },
  scope: AccessScope,
  turnId: TurnId,
  patience = PATIENCE,
): Promise<Result<void>> => {
  const deadline = AbortSignal.timeout(patience);
  while (!deadline.aborted) {
    const looked = new AbortController();
    const settled = house.watch.wait(turnId, AbortSignal.any([deadline, looked.signal]));
    const turn = await house.store.turns.find(scope, turnId);
    if (turn.ok && turn.value.end === null && workers.stop(turnId)) {
      await settled; // it ends now, unless it had just lain down
      continue;
    }
    looked.abort();
    if (!turn.ok) return turn;
    if (turn.value.end !== null) return done;
    const stopped = await endParked(house, scope, turn.value, moltbotError("TURN_STOPPED"));
    if (!stopped.ok) return stopped;
    if (!stopped.value) await new Promise((resolve) => setTimeout(resolve, A_MOMENT));
  }
  const last = await house.store.turns.find(scope, turnId);
  if (!last.ok) return last;
  return last.value.end === null ? err(moltbotError("CONFLICT", { kind: "turn" })) : done;
};
