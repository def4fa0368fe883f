import type { CallRecord, ToolCall } from "@moltbot/contracts";
import { callDigest } from "./digest.ts";
import type { GuardPorts } from "./guard-ports.ts";

/** The ledger's line about a call. */
export const callRecord = (ports: Pick<GuardPorts, "crypto" | "clock">, call: ToolCall, state: CallRecord["state"]) =>
  Object.freeze({
    callId: call.id,
    turnId: call.turnId,
    conversationId: call.conversationId,
    agentId: call.agentId,
    tool: call.tool,
    callDigest: callDigest(ports.crypto, call),
    state,
    updatedAt: ports.clock.now(),
  } satisfies CallRecord);
