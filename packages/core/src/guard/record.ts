import { done, err, moltbotError } from "@moltbot/contracts";
import type { Approval, AuditEvent, AuditFields, CryptoPort, Digest, Result, ToolCall } from "@moltbot/contracts";
import type { GuardPorts } from "./guard-ports.ts";
import { canonicalText } from "./canonical.ts";

/** Durable when it returns ok; whatever goes wrong, thrown or returned, is AUDIT_UNWRITABLE, and then nothing may happen. */
export const record = async (ports: Pick<GuardPorts, "audit">, event: AuditEvent): Promise<Result<void>> => {
  try {
    const recorded = await ports.audit.record(event);
    return recorded.ok ? done : err(moltbotError("AUDIT_UNWRITABLE"));
  } catch {
    return err(moltbotError("AUDIT_UNWRITABLE"));
  }
};

/**
 * A digest as it may stand in the clear. The plain SHA-256 of a call would let a reader of the log confirm a guess at its
 * content, even after the content was erased.
 */
export const keyedDigest = (crypto: CryptoPort, digest: Digest): string => crypto.mac("guard-audit-digest", digest);

/** The ids of a call, which stand in the clear. */
export const callIds = (call: ToolCall): AuditFields => ({
  callId: call.id,
  turnId: call.turnId,
  conversationId: call.conversationId,
  agentId: call.agentId,
  authority: call.authority,
});

/** The ids of an approval, which stand in the clear. */
export const approvalIds = (approval: Approval): AuditFields => ({
  approvalId: approval.id,
  callId: approval.callId,
  turnId: approval.turnId,
  conversationId: approval.conversationId,
  agentId: approval.agentId,
  tool: approval.question.tool,
});

/** The arguments, which are kept encrypted beside the log. */
export const argumentDetails = (call: ToolCall): Readonly<Record<string, string>> => ({
  arguments: canonicalText(call.arguments) ?? "not canonical",
});

/** Whose key encrypts the details. */
export const subjectOf = (of: Pick<ToolCall, "conversationId">): string => `conversation:${of.conversationId}`;
