import { ok } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "models.list" | "models.connect" | "models.connected">;

/** Models, and how their keys come into the vault. */
export const modelOperations = ({ house, connections }: OperationPorts): Handlers => ({
  "models.list": async () => {
    const first = house.models.find("default");
    const name = first.ok ? first.value.describe().name : null;
    const all = house.models.list();
    return ok([...all.filter((model) => model.name === name), ...all.filter((model) => model.name !== name)]);
  },
  "models.connect": async ({ principal }, { vendor, secret }) => {
    const recorded = await house.audit.record({
      event: "model:connecting",
      actor: principal.id,
      fields: { vendor },
      details: { name: secret },
    });
    return recorded.ok ? ok(connections.begin(principal.id, secret)) : recorded;
  },
  "models.connected": ({ principal, signal }, { state, code }) => connections.complete(principal, state, code, signal),
});
