import { ok, ownScope } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "search.messages">;

/** Finds what oneself may read; what else this engine's search can do goes with every answer. */
export const searchOperations = ({ house: { store } }: Pick<OperationPorts, "house">): Handlers => ({
  "search.messages": async ({ principal }, { query, conversationId, limit }) => {
    const hits = await store.conversations.search(ownScope(principal), query, { conversationId, limit });
    return hits.ok ? ok({ hits: hits.value, abilities: store.searchAbilities }) : hits;
  },
});
