import type { AccessScope, Approval, ToolCall } from "@moltbot/contracts";
import type { Performed } from "@moltbot/core/agent";
import type { House } from "./house.ts";

const turnIds = ({ conversationId, agentId, turnId }: Pick<ToolCall, "conversationId" | "agentId" | "turnId">) => ({
  conversationId,
  agentId,
  turnId,
});

/** Tells whoever watches that a question waits for them. */
export const announceQuestion = (house: House, scope: AccessScope, approval: Approval): Performed => {
  house.events.publish(
    "approval:requested",
    { tenantId: scope.tenantId, audience: [scope.principalId] },
    { conversationId: approval.conversationId, approval },
  );
  return { kind: "waiting", approval };
};

/** Tells whoever watches what became of a call. */
export const announceResult = (house: House, scope: AccessScope, call: ToolCall, performed: Performed): Performed => {
  if (performed.kind === "result") {
    house.events.publish(
      "tool:executed",
      { tenantId: scope.tenantId, audience: [scope.principalId] },
      { ...turnIds(call), callId: call.id, tool: call.tool, status: performed.part.status },
    );
  }
  return performed;
};
