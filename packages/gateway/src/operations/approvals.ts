import { ownScope } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "approvals.list" | "approvals.get" | "approvals.answer" | "capabilities.list" | "capabilities.revoke"
>;

export const approvalOperations = ({ house, guard }: OperationPorts): Handlers => ({
  "approvals.list": ({ principal }, { state, limit }) => house.store.approvals.list(ownScope(principal), state, limit),
  "approvals.get": ({ principal }, { approvalId }) => house.store.approvals.find(ownScope(principal), approvalId),
  "approvals.answer": async ({ principal }, { approvalId, ...answer }) => {
    const scope = ownScope(principal);
    const answered = await guard.answer(principal, approvalId, answer);
    if (!answered.ok) return answered;
    const { conversationId, turnId, state } = answered.value;
    house.events.publish(
      "approval:answered",
      { tenantId: scope.tenantId, audience: [principal.id] },
      { conversationId, approvalId, state },
    );
    const resumed = await house.store.turns.resume(scope, turnId);
    if (!resumed.ok) return resumed;
    house.wake();
    return answered;
  },
  "capabilities.list": ({ principal }) => house.store.capabilities.list(ownScope(principal)),
  "capabilities.revoke": async ({ principal }, { capabilityId }) => {
    const recorded = await house.audit.record({
      event: "capability:revoked",
      actor: principal.id,
      fields: { capabilityId },
    });
    return recorded.ok
      ? house.store.capabilities.revoke(ownScope(principal), capabilityId, house.clock.now())
      : recorded;
  },
});
