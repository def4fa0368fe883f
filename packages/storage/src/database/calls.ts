import { done, ok } from "@moltbot/contracts";
import type { CallId, CallRecord, CallRepository, TurnId } from "@moltbot/contracts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { CallTable, Row } from "./schema.ts";

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
        const row: CallTable = {
          ...owner,
          call_id: record.callId,
          turn_id: record.turnId,
          conversation_id: record.conversationId,
          agent_id: record.agentId,
          tool: record.tool,
          call_digest: record.callDigest,
          state: record.state,
          updated_at: record.updatedAt,
        };
        if (query.create.run(null, row) === 1 || query.update.run(scope, row) === 1) return done;
        return notFound("call");
      }),
  });
};
