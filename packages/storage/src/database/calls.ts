import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AgentId, CallId, CallRecord, CallRepository, Instant, TurnId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection, ConversationOwnership } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { CallTable, Row } from "./schema.ts";

/** The states of a call that was admitted, whatever became of it. */
export const ADMITTED = ["admitted", "done", "failed", "unknown"] as const;

const callOf = (row: Row<CallTable>): CallRecord => ({
  callId: row.call_id,
  turnId: row.turn_id,
  conversationId: row.conversation_id,
  agentId: row.agent_id,
  tool: row.tool,
  callDigest: row.call_digest,
  state: row.state,
  updatedAt: row.updated_at,
});

const queries = ({ define }: Connection) => ({
  find: define<{ id: CallId }, Row<CallTable>>(({ db, slot, visible }) =>
    db.selectFrom("calls").selectAll().where("call_id", "=", slot.id).where(visible("calls")),
  ),
  ofTurn: define<{ turn: TurnId }, Row<CallTable>>(({ db, slot, visible }) =>
    db.selectFrom("calls").selectAll().where("turn_id", "=", slot.turn).where(visible("calls")).orderBy("call_id"),
  ),
  create: define<CallTable, unknown>(({ db, slot }) =>
    db
      .insertInto("calls")
      .values({
        call_id: slot.call_id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        turn_id: slot.turn_id,
        conversation_id: slot.conversation_id,
        agent_id: slot.agent_id,
        tool: slot.tool,
        call_digest: slot.call_digest,
        state: slot.state,
        updated_at: slot.updated_at,
      })
      .onConflict((conflict) => conflict.column("call_id").doNothing()),
  ),
  // What a call is never changes; only what became of it does.
  update: define<
    Pick<CallTable, "call_id" | "turn_id" | "conversation_id" | "call_digest" | "state" | "updated_at">,
    unknown
  >(({ db, slot, visible }) =>
    db
      .updateTable("calls")
      .set({ state: slot.state, updated_at: slot.updated_at })
      .where("call_id", "=", slot.call_id)
      .where("turn_id", "=", slot.turn_id)
      .where("conversation_id", "=", slot.conversation_id)
      .where("call_digest", "=", slot.call_digest)
      .where(visible("calls")),
  ),
  edit: define<CallTable, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("calls")
      .set({ call_digest: slot.call_digest, updated_at: slot.updated_at })
      .where("call_id", "=", slot.call_id)
      .where("turn_id", "=", slot.turn_id)
      .where("conversation_id", "=", slot.conversation_id)
      .where("agent_id", "=", slot.agent_id)
      .where("tool", "=", slot.tool)
      .where("state", "=", "asked")
      .where(visible("calls")),
  ),
  admittedInTurn: define<{ turn: TurnId }, { readonly count: number }>(({ db, slot, visible }) =>
    db
      .selectFrom("calls")
      .select(sql<number>`count(*)`.as("count"))
      .where("turn_id", "=", slot.turn)
      .where("state", "in", ADMITTED)
      .where(visible("calls")),
  ),
  // A call's last change may be later than its admission: then it counts for longer, never for less.
  admittedByAgent: define<{ agent: AgentId; since: Instant }, { readonly count: number }>(({ db, slot, visible }) =>
    db
      .selectFrom("calls")
      .select(sql<number>`count(*)`.as("count"))
      .where("agent_id", "=", slot.agent)
      .where("updated_at", ">=", slot.since)
      .where("state", "in", ADMITTED)
      .where(visible("calls")),
  ),
});

const rowOf = (owner: ConversationOwnership, record: CallRecord): CallTable => ({
  ...owner,
  call_id: record.callId,
  turn_id: record.turnId,
  conversation_id: record.conversationId,
  agent_id: record.agentId,
  tool: record.tool,
  call_digest: record.callDigest,
  state: record.state,
  updated_at: record.updatedAt,
});

/** The ledger of tool calls. */
export const callRepository = (connection: Connection): ((gate: Gate) => CallRepository) => {
  const query = queries(connection);
  return (gate) => ({
    find: (scope, id) =>
      gate.read(() => {
        const row = query.find.one(scope, { id });
        return ok(row === undefined ? null : callOf(row));
      }),
    ofTurn: (scope, turn) => gate.read(() => ok(query.ofTurn.all(scope, { turn }).map(callOf))),
    put: (scope, record) =>
      gate.write(() => {
        const owner = connection.ownership(scope, record.conversationId);
        if (owner === undefined) return notFound("conversation");
        const row = rowOf(owner, record);
        if (query.create.run(null, row) === 1 || query.update.run(scope, row) === 1) return done;
        return notFound("call");
      }),
    edit: (scope, record) =>
      gate.write(() => {
        const owner = connection.ownership(scope, record.conversationId);
        if (owner === undefined || query.find.one(scope, { id: record.callId }) === undefined) return notFound("call");
        const changed = query.edit.run(scope, rowOf(owner, record));
        return changed === 1 ? done : err(moltbotError("CONFLICT", { kind: "call" }));
      }),
    admitted: (scope, turn, agent, since) =>
      gate.read(() =>
        ok({
          turn: query.admittedInTurn.one(scope, { turn })?.count ?? 0,
          agent: query.admittedByAgent.one(scope, { agent, since })?.count ?? 0,
        }),
      ),
  });
};
