import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ConversationId, PrivacySubject, Result, TurnId } from "@moltbot/contracts";
import type { PrivacyPorts } from "./ports.ts";
import { conversationsOf } from "./subject.ts";

const MOST_TURNS = 1_000_000;

/** The turns over these conversations that have not ended. */
const openTurns = async (
  { house: { store } }: PrivacyPorts,
  scope: AccessScope,
  conversations: readonly ConversationId[],
): Promise<Result<readonly TurnId[]>> => {
  const open: TurnId[] = [];
  for (const id of conversations) {
    const turns = await store.turns.ofConversation(scope, id, MOST_TURNS);
    if (!turns.ok) return turns;
    for (const turn of turns.value) if (turn.end === null) open.push(turn.id);
  }
  return ok(open);
};

/** How often somebody may begin another turn while an erasure ends the last ones. */
const MOST_ROUNDS = 50;

/**
 * Nothing of the subject goes on working while it is taken away: turns end, and what came of them is looked for afterwards. A
 * message that comes meanwhile begins another turn, so it is looked once more, until none is left. Returns the keys to destroy.
 */
export const comeToRest = async (
  ports: PrivacyPorts,
  scope: AccessScope,
  subject: PrivacySubject,
): Promise<Result<readonly string[]>> => {
  const { store } = ports.house;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const found = await conversationsOf(store, scope, subject);
    if (!found.ok) return found;
    const conversations = found.value.map(({ id }) => id);
    const open = await openTurns(ports, scope, conversations);
    if (!open.ok) return open;
    for (const id of open.value) {
      const stopped = await ports.stopTurn(scope, id);
      if (!stopped.ok) return stopped;
    }
    const keys = await store.privacy.keysOf(scope, subject);
    if (!keys.ok) return keys;
    const begun = await openTurns(ports, scope, conversations);
    if (!begun.ok) return begun;
    if (begun.value.length === 0) return keys;
  }
  return err(moltbotError("CONFLICT", { kind: "turn" }));
};
