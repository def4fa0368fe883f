import { err, moltbotError, ok } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import { INVENTORY } from "@moltbot/storage/database";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "privacy.inventory" | "privacy.export" | "privacy.erase" | "privacy.certificates"
>;

/** What is kept, to have it, and to have it gone. */
export const privacyOperations = ({ privacy }: Pick<OperationPorts, "privacy">): Handlers => ({
  "privacy.inventory": async () => ok(INVENTORY),
  "privacy.export": ({ principal }, { subject }) => privacy.export(principal, subject),
  "privacy.erase": async ({ principal }, { subject, confirm }) =>
    confirm.trim().toLowerCase() === subject.id
      ? privacy.erase(principal, subject)
      : err(moltbotError("ERASURE_NOT_CONFIRMED")),
  "privacy.certificates": ({ principal }) => privacy.certificates(principal),
});
