import { done, moltbotError } from "@moltbot/contracts";
import type { AccessScope, Result, TurnId } from "@moltbot/contracts";
import { endParked } from "../end-turn.ts";
import type { OperationPorts } from "./ports.ts";

/** A turn between the queue and a worker is neither's for a moment. */
const A_MOMENT = 10;

/** Stops a turn wherever it is: at a worker, in the queue, waiting for a person, or on its way from one to the other. */
export const stopTurn = async (
  { house, workers }: Pick<OperationPorts, "house" | "workers">,
  scope: AccessScope,
  turnId: TurnId,
  signal: AbortSignal,
): Promise<Result<void>> => {
  while (!signal.aborted) {
    const looked = new AbortController();
    const settled = house.watch.wait(turnId, AbortSignal.any([signal, looked.signal]));
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
  return done;
};
