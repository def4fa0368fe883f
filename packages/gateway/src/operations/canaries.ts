import { ok } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "canaries.create">;

/** Its name goes on record, the text itself nowhere: whoever holds the key knows it again. */
export const canaryOperations = ({ house }: OperationPorts): Handlers => ({
  "canaries.create": async ({ principal }, { name }) => {
    const recorded = await house.audit.record({
      event: "canary:made",
      actor: principal.id,
      fields: {},
      details: { name },
    });
    return recorded.ok ? ok({ name, text: house.canaries.make() }) : recorded;
  },
});
