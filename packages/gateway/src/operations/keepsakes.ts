import { err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "reminders.list" | "reminders.cancel" | "memories.list" | "memories.remove">;

/** What the assistant keeps for a person, and how the person takes it back. */
export const keepsakeOperations = ({
  house: { store, audit },
  privacy,
}: Pick<OperationPorts, "house" | "privacy">): Handlers => ({
  "reminders.list": ({ principal }, { state }) =>
    store.reminders.list(ownScope(principal), state === undefined ? {} : { state }),
  "reminders.cancel": async ({ principal }, { reminderId }) => {
    const scope = ownScope(principal);
    const found = await store.reminders.find(scope, reminderId);
    if (!found.ok) return found;
    if (found.value.state !== "scheduled") return err(moltbotError("CONFLICT", { kind: "reminder" }));
    const recorded = await audit.record({ event: "reminder:cancelled", actor: principal.id, fields: { reminderId } });
    if (!recorded.ok) return recorded;
    const cancelled = await store.reminders.cancel(scope, reminderId);
    if (!cancelled.ok) return cancelled;
    // It fired while the record was written.
    return cancelled.value
      ? ok({ ...found.value, state: "cancelled" })
      : err(moltbotError("CONFLICT", { kind: "reminder" }));
  },
  "memories.list": ({ principal }, { limit }) => store.memories.list(ownScope(principal), limit),
  "memories.remove": async ({ principal }, { memoryId }) => {
    const scope = ownScope(principal);
    const found = await store.memories.find(scope, memoryId);
    if (!found.ok) return found;
    const recorded = await audit.record({ event: "memory:removed", actor: principal.id, fields: { memoryId } });
    if (!recorded.ok) return recorded;
    // The key first: it is in no backup, so nothing of the memory can be read whatever happens to its row.
    const forgotten = await privacy.forget([`memory:${memoryId}`]);
    if (!forgotten.ok) return forgotten;
    const removed = await store.memories.remove(scope, memoryId);
    return removed.ok ? ok({}) : removed;
  },
});
