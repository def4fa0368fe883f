import { ConversationId, err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { AgentId, Principal, Result } from "@moltbot/contracts";
import { NAMED_AT } from "@moltbot/core/routing";
import { derivedId } from "../imports/import-ids.ts";
import type { OpenAiPorts } from "./ports.ts";

/** How often one person may erase the conversation of one `user` and have a new one. */
const MOST_LIVES = 1_000;

/** Where the words of a client go, and whether that is there already. */
export interface Place {
  readonly id: ConversationId;
  readonly fresh: boolean;
}

/**
 * The conversation that `user` picks: one for each person, agent and text. Its id is a MAC over these three under a key of this home,
 * so that no table has to keep the text and nobody can guess an id. An erased one is never begun again: the next life has another id.
 */
export const conversationOf = async (
  { operations: { house, mac }, isErased }: OpenAiPorts,
  by: Principal,
  agentId: AgentId,
  user: string | null,
): Promise<Result<Place>> => {
  for (let life = 0; life < MOST_LIVES; life += 1) {
    const names = [by.tenantId, by.id, "openai", agentId, user ?? "", String(life)];
    const id = ConversationId.parse(derivedId(mac, "conversation", names, NAMED_AT));
    if (isErased(`conversation:${id}`)) continue;
    const found = await house.store.conversations.find(ownScope(by), id);
    if (found.ok) return ok({ id, fresh: false });
    return found.error.code === "NOT_FOUND" ? ok({ id, fresh: true }) : found;
  }
  return err(moltbotError("CONFLICT", { kind: "conversation" }));
};
