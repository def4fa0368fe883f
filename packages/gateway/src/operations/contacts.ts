import { err, moltbotError, ownScope } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import { confirmContact } from "../contacts.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "contacts.list" | "contacts.add" | "contacts.remove">;

/** The owner's directory: what is confirmed here endorses a recipient whom they name. */
export const contactOperations = ({ house }: OperationPorts): Handlers => ({
  "contacts.list": ({ principal }) => house.store.contacts.list(ownScope(principal)),
  "contacts.add": ({ principal }, { kind, name, address }) =>
    confirmContact(house, ownScope(principal), { kind, name, address }),
  "contacts.remove": async ({ principal }, { contactId }) => {
    const scope = ownScope(principal);
    const all = await house.store.contacts.list(scope);
    if (!all.ok) return all;
    if (all.value.every(({ id }) => id !== contactId)) return err(moltbotError("NOT_FOUND", { kind: "contact" }));
    const recorded = await house.audit.record({
      event: "contact:removed",
      actor: principal.id,
      fields: { contactId },
    });
    return recorded.ok ? house.store.contacts.remove(scope, contactId) : recorded;
  },
});
