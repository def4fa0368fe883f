import type { AccessScope, Principal, Turn } from "@moltbot/contracts";
import type { House } from "./house.ts";
import { houseScope } from "./keep-house.ts";
import { stopTurn } from "./operations/stop-turn.ts";
import type { ProgramCopies } from "./program-copies.ts";
import type { TurnWorkers } from "./turn-workers.ts";

/** How long one turn may take to end; it is aborted either way. */
const PATIENCE = 2_000;

const asOwner = ({ tenantId, ownerId }: Turn): AccessScope => ({ tenantId, principalId: ownerId, reach: "own" });

/** Where that which may not go on runs. */
export interface HiddenWork {
  readonly house: House;
  readonly workers: Pick<TurnWorkers, "stop">;
  readonly copies: Pick<ProgramCopies, "endHidden">;
}

/**
 * Ends every turn whose person may not use its agent any more: because they are not active, or because what was shared with them is
 * not. What waits in the queue is looked at again when it is taken. Nothing of their content is read.
 */
const endTurns = async ({ house, workers }: HiddenWork, by: Principal): Promise<void> => {
  const open = await house.store.turns.open(houseScope(by));
  if (!open.ok) return house.log.error("open turns cannot be read", { code: open.error.code });
  const hidden: Turn[] = [];
  for (const turn of open.value) {
    const agent = await house.store.agents.find(asOwner(turn), turn.agentId);
    if (!agent.ok) hidden.push(turn);
  }
  for (const turn of hidden) workers.stop(turn.id);
  await Promise.all(
    hidden.map(async (turn) => {
      const stopped = await stopTurn({ house, workers }, asOwner(turn), turn.id, PATIENCE);
      const code = stopped.ok ? null : stopped.error.code;
      if (code !== null) house.log.error("a turn that may not go on did not end yet", { turnId: turn.id, code });
    }),
  );
};

/** Ends what runs for people who may not use its agent any more: their turns, and the programs that they left running. */
export const endHidden = async (work: HiddenWork, by: Principal): Promise<void> => {
  await Promise.all([endTurns(work, by), work.copies.endHidden()]);
  // One that a turn started while it was being ended.
  await work.copies.endHidden();
};
