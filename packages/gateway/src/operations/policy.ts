import { done, ok } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<OperationHandlers, "decisions.explain" | "policy.get" | "policy.set" | "policy.simulate">;

/** The operator's policy, and what the guard remembers of its own decisions. */
export const policyOperations = ({ house, guard, policy, policies }: OperationPorts): Handlers => ({
  "decisions.explain": ({ principal }, { id }) => guard.explain(principal, id),
  "policy.get": () => policy.show(),
  "policy.set": ({ principal }, { text }) =>
    policy.set(text, async (version) => {
      const recorded = await house.audit.record({
        event: "policy:set",
        actor: principal.id,
        fields: { version, length: text.length },
      });
      return recorded.ok ? done : recorded;
    }),
  "policy.simulate": async ({ principal }, { policy: text, grant, revoke, since }) => {
    const overlay = text === undefined ? ok(policy.overlay()) : await policies.read(text);
    if (!overlay.ok) return overlay;
    return guard.simulate(principal, { overlay: overlay.value, grant, revoke, since: since ?? null });
  },
});
