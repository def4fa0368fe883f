import { done } from "@moltbot/contracts";
import type { AuditPort } from "@moltbot/contracts";
import type { Connection, RecordConnection } from "@moltbot/execution/egress";

/** One exchange with a host, or one connection through the gate, after it ended. */
export const EGRESS_EVENT = "egress:connected";

const hostOf = ({ host, port }: Connection): string =>
  port === 0 ? host : `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;

/** Whose key seals the host: whoever's conversation goes takes along where it led. */
const subjectOf = ({ behalf }: Connection): { readonly subject?: string } => {
  if (behalf === null) return {};
  return {
    subject: behalf.conversationId === null ? `person:${behalf.person}` : `conversation:${behalf.conversationId}`,
  };
};

/** What tools and models reach, on record: ids and numbers in the clear, the host and a secret's name sealed. */
export const recordConnections =
  (audit: Pick<AuditPort, "record">): RecordConnection =>
  async (connection) => {
    const { way, tool, behalf, port, methodClass, secret, bytesOut, bytesIn, code } = connection;
    const recorded = await audit.record({
      event: EGRESS_EVENT,
      actor: behalf?.agentId ?? behalf?.person ?? "system",
      fields: {
        way: way === "provider" ? "model" : way,
        tool,
        ownerId: behalf?.person ?? null,
        agentId: behalf?.agentId ?? null,
        conversationId: behalf?.conversationId ?? null,
        turnId: behalf?.turnId ?? null,
        callId: behalf?.callId ?? null,
        data: behalf?.data ?? "unknown",
        method: methodClass,
        port,
        secret: secret !== null,
        bytesOut,
        bytesIn,
        code,
      },
      details: { host: hostOf(connection), ...(secret === null ? {} : { secret }) },
      ...subjectOf(connection),
    });
    return recorded.ok ? done : recorded;
  };
