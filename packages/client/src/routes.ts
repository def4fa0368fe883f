import type { OperationName } from "@moltbot/contracts";

/**
 * Method and path of every operation, copied from the registry because the registry's schemas cost 0.14 s to load. The compiler
 * demands every name and a test compares every route with the registry.
 */
export const ROUTES: Readonly<Record<OperationName, `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`>> =
  Object.freeze({
    "agents.list": "GET /v2/agents",
    "agents.create": "POST /v2/agents",
    "agents.get": "GET /v2/agents/{agentId}",
    "messages.send": "POST /v2/agents/{agentId}/messages",
    "turns.get": "GET /v2/turns/{turnId}",
    "turns.stop": "POST /v2/turns/{turnId}/stop",
    "conversations.list": "GET /v2/conversations",
    "conversations.get": "GET /v2/conversations/{conversationId}",
    "conversations.messages": "GET /v2/conversations/{conversationId}/messages",
    "approvals.list": "GET /v2/approvals",
    "approvals.get": "GET /v2/approvals/{approvalId}",
    "approvals.answer": "POST /v2/approvals/{approvalId}/answer",
    "capabilities.list": "GET /v2/capabilities",
    "capabilities.revoke": "DELETE /v2/capabilities/{capabilityId}",
    "reminders.list": "GET /v2/reminders",
    "reminders.cancel": "DELETE /v2/reminders/{reminderId}",
    "memories.list": "GET /v2/memories",
    "memories.remove": "DELETE /v2/memories/{memoryId}",
    "audit.list": "GET /v2/audit/records",
    "audit.head": "GET /v2/audit/head",
    "audit.verify": "POST /v2/audit/verify",
    "audit.export": "GET /v2/audit/export",
    "tokens.create": "POST /v2/tokens",
    "tokens.list": "GET /v2/tokens",
    "tokens.revoke": "DELETE /v2/tokens/{tokenId}",
    "links.create": "POST /v2/sign-in-links",
    "sessions.create": "POST /v2/sessions",
    "sessions.current": "GET /v2/sessions/current",
    "sessions.end": "DELETE /v2/sessions/current",
    "config.list": "GET /v2/config",
    "config.set": "PATCH /v2/config",
    "secrets.list": "GET /v2/secrets",
    "secrets.set": "PUT /v2/secrets/{name}",
    "secrets.remove": "DELETE /v2/secrets/{name}",
    "system.status": "GET /v2/status",
    "system.doctor": "POST /v2/doctor",
  });
