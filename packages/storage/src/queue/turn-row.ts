import type { Turn } from "@moltbot/contracts";
import type { Row, TurnTable } from "../database/index.ts";

const parsed = <T>(text: string): T => JSON.parse(text) as T; // written by JSON.stringify of a T, on a page whose tag was verified

/** The turn as everyone else knows it: without key, fence and lease. */
export const turnOf = (row: Row<TurnTable>): Turn => ({
  id: row.id,
  tenantId: row.tenant_id,
  ownerId: row.owner_id,
  conversationId: row.conversation_id,
  agentId: row.agent_id,
  authority: row.authority,
  userMessageId: row.user_message_id,
  label: parsed(row.label),
  state: row.state,
  steps: row.steps,
  attempts: row.attempts,
  waitingFor: parsed(row.waiting_for),
  end: parsed(row.ending),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** JSON text for a column of that type. */
export const jsonText = <T extends string>(value: unknown): T => JSON.stringify(value) as T; // the column's brand names what it holds
