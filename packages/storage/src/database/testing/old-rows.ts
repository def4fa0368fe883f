/** Rows as the versions before 0004 wrote them, with labels, names and digests in the clear. */
import type {
  Approval,
  CallRecord,
  Capability,
  CapabilityUse,
  Conversation,
  Digest,
  Label,
  Memory,
  Message,
  Principal,
  Reminder,
  StoredAgent,
  StoredToken,
  Turn,
} from "@moltbot/contracts";
import type { ContentSealer } from "../../crypto/index.ts";
import type { Intruder } from "./engines.ts";
import { AT, must } from "./world.ts";

export type OldValue = string | number | null | Uint8Array;
export interface OldRow {
  readonly table: string;
  readonly values: Readonly<Record<string, OldValue>>;
}

const json = (value: unknown): string => JSON.stringify(value);

const literal = (value: OldValue, engine: "sqlite" | "postgres"): string => {
  if (value === null) return "null";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  const hex = Buffer.from(value).toString("hex");
  return engine === "sqlite" ? `x'${hex}'` : `'\\x${hex}'::bytea`;
};

/** Inserts rows under the repositories. */
export const insertOldRows = async (
  intruder: Intruder,
  engine: "sqlite" | "postgres",
  rows: readonly OldRow[],
): Promise<void> => {
  for (const { table, values } of rows)
    await intruder.ask(
      `insert into ${table} (${Object.keys(values).join()}) values (${Object.values(values)
        .map((value) => literal(value, engine))
        .join()})`,
    );
};

/** What the old repositories made of what they were given; `owner` is whose the conversation is. */
export const oldRows = (sealer: ContentSealer, owner: Principal) => {
  const owned = { tenant_id: owner.tenantId, owner_id: owner.id, audience: "[]" };
  const person = [`person:${owner.id}`];
  const seal = (subjects: readonly string[], record: string, text: string): Uint8Array =>
    must(sealer.seal(subjects, record, text));
  return {
    person: (): OldRow => ({
      table: "principals",
      values: {
        ...owned,
        id: owner.id,
        ordinal: 1,
        kind: owner.kind,
        name: owner.name,
        role: owner.role,
        created_at: AT,
      },
    }),
    token: (token: StoredToken): OldRow => ({
      table: "tokens",
      values: {
        ...owned,
        id: token.id,
        role: token.role,
        name: token.name,
        verifier: token.verifier,
        created_at: AT,
        expires_at: token.expiresAt,
      },
    }),
    agent: (agent: StoredAgent): OldRow => ({
      table: "agents",
      values: {
        ...owned,
        id: agent.id,
        name: agent.name,
        model: agent.model,
        capabilities: json(agent.capabilities),
        created_at: AT,
      },
    }),
    conversation: (conversation: Conversation): OldRow => ({
      table: "conversations",
      values: {
        ...owned,
        audience: json(conversation.audience),
        id: conversation.id,
        agent_id: conversation.agentId,
        title: seal([`conversation:${conversation.id}`, ...person], conversation.id, conversation.title),
        heads: json(conversation.heads),
        active_head: conversation.activeHead,
        created_at: conversation.createdAt,
        updated_at: conversation.updatedAt,
      },
    }),
    message: (message: Message): OldRow => ({
      table: "messages",
      values: {
        ...owned,
        id: message.id,
        conversation_id: message.conversationId,
        parent_id: message.parentId,
        role: message.role,
        author: message.author,
        turn_id: message.turnId,
        parts: seal([`conversation:${message.conversationId}`, ...person], message.id, json(message.parts)),
        label: json(message.label),
        state: message.state,
        model: json(message.model),
        created_at: message.createdAt,
      },
    }),
    reminder: (reminder: Reminder): OldRow => ({
      table: "reminders",
      values: {
        ...owned,
        id: reminder.id,
        agent_id: reminder.agentId,
        conversation_id: reminder.conversationId,
        call_id: reminder.callId,
        text: seal(person, reminder.id, reminder.text),
        due_at: reminder.dueAt,
        state: reminder.state,
        created_at: reminder.createdAt,
        fired_at: reminder.firedAt,
        label: json(reminder.label),
      },
    }),
    memory: (memory: Memory, ordinal: number): OldRow => ({
      table: "memories",
      values: {
        ...owned,
        ordinal,
        id: memory.id,
        agent_id: memory.agentId,
        call_id: memory.callId,
        text: seal(person, memory.id, memory.text),
        label: json(memory.label),
        created_at: memory.createdAt,
      },
    }),
    fileLabel: (content: Digest, label: Label): OldRow => ({
      table: "file_labels",
      values: { ...owned, content, label: json(label) },
    }),
    capability: (
      capability: Capability,
      used: Omit<CapabilityUse, "capabilityId" | "callId" | "at"> | null,
    ): OldRow => {
      const { permissions, constraints, rights, reach, reason } = capability;
      return {
        table: "capabilities",
        values: {
          ...owned,
          id: capability.id,
          holder: capability.holder,
          tool: capability.tool,
          grant_json: json({ permissions, constraints, rights, reach, reason }),
          expires_at: capability.expiresAt,
          epoch: capability.epoch,
          issued_by: capability.issuedBy,
          issued_at: capability.issuedAt,
          ...(used === null ? {} : { used_count: 1, used_bytes: used.bytes, used_amounts: json(used.amounts) }),
        },
      };
    },
    use: (use: CapabilityUse): OldRow => ({
      table: "capability_uses",
      values: {
        ...owned,
        capability_id: use.capabilityId,
        call_id: use.callId,
        at: use.at,
        bytes: use.bytes,
        amounts: json(use.amounts),
      },
    }),
    call: (call: CallRecord): OldRow => ({
      table: "calls",
      values: {
        ...owned,
        call_id: call.callId,
        turn_id: call.turnId,
        conversation_id: call.conversationId,
        agent_id: call.agentId,
        tool: call.tool,
        call_digest: call.callDigest,
        state: call.state,
        updated_at: call.updatedAt,
      },
    }),
    /** `question` as that version stored it; `edited` came with version 2. */
    approval: (approval: Approval, question: unknown = approval.question): OldRow => {
      const subjects = [`conversation:${approval.conversationId}`];
      const { reason, edited } = approval;
      return {
        table: "approvals",
        values: {
          ...owned,
          id: approval.id,
          conversation_id: approval.conversationId,
          turn_id: approval.turnId,
          call_id: approval.callId,
          agent_id: approval.agentId,
          digest: approval.digest,
          question: seal(subjects, approval.id, json(question)),
          label: json(approval.label),
          state: approval.state,
          created_at: approval.createdAt,
          expires_at: approval.expiresAt,
          answered_by: approval.answeredBy,
          answered_at: approval.answeredAt,
          scope: approval.scope,
          reason: reason === null ? null : seal(subjects, `${approval.id}/reason`, reason),
          ...(edited === null ? {} : { edited: seal(subjects, `${approval.id}/edited`, json(edited)) }),
        },
      };
    },
    /** `label` came with version 2. */
    turn: (turn: Turn, key: string | null, labelled: boolean): OldRow => ({
      table: "turns",
      values: {
        ...owned,
        id: turn.id,
        idempotency_key: key,
        conversation_id: turn.conversationId,
        agent_id: turn.agentId,
        authority: turn.authority,
        user_message_id: turn.userMessageId,
        ...(labelled ? { label: json(turn.label) } : {}),
        state: turn.state,
        steps: turn.steps,
        attempts: turn.attempts,
        waiting_for: json(turn.waitingFor),
        ending: json(turn.end),
        fence: 0,
        created_at: turn.createdAt,
        updated_at: turn.updatedAt,
      },
    }),
  };
};
