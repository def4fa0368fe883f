import { ownScope } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "conversations.list" | "conversations.get" | "conversations.messages">;

export const conversationOperations = ({ house: { store } }: OperationPorts): Handlers => ({
  "conversations.list": ({ principal }, { limit }) => store.conversations.list(ownScope(principal), limit),
  "conversations.get": ({ principal }, { conversationId }) =>
    store.conversations.find(ownScope(principal), conversationId),
  "conversations.messages": async ({ principal }, { conversationId, head, limit }) => {
    const scope = ownScope(principal);
    const conversation = await store.conversations.find(scope, conversationId);
    if (!conversation.ok) return conversation;
    return store.conversations.path(scope, conversationId, head ?? conversation.value.activeHead, limit);
  },
});
