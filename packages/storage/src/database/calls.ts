import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  AgentId,
  CallId,
  CallRecord,
  CallRepository,
  Instant,
  Result,
  TurnId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection, ConversationOwnership } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { CallTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofConversation } from "./subjects.ts";

/** The states of a call that was admitted, whatever became of it. */
export const ADMITTED = ["admitted", "done", "failed", "unknown"] as const;

/** What of a call is sealed: whoever could read its digest could try out guesses at what it holds. */
type Entry = Pick<CallRecord, "callDigest">;
type Change = Pick<CallTable, "call_id" | "turn_id" | "conversation_id" | "updated_at">;

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
        entry: slot.entry,
        state: slot.state,
        updated_at: slot.updated_at,
      })
      .onConflict((conflict) => conflict.column("call_id").doNothing()),
  ),
  // What a call is never changes; only what became of it does.
  update: define<Change & Pick<CallTable, "state">, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("calls")
      .set({ state: slot.state, updated_at: slot.updated_at })
      .where("call_id", "=", slot.call_id)
      .where("turn_id", "=", slot.turn_id)
      .where("conversation_id", "=", slot.conversation_id)
      .where(visible("calls")),
  ),
  edit: define<Change & Pick<CallTable, "agent_id" | "tool" | "entry">, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("calls")
      .set({ entry: slot.entry, updated_at: slot.updated_at })
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
  // The state stands in the statement itself: only so does the index of the few unknown ones help.
  unknown: define<{ since: Instant }, { readonly count: number }>(({ db, slot, visible }) =>
    db
      .selectFrom("calls")
      .select(sql<number>`count(*)`.as("count"))
      .where(sql<boolean>`state = 'unknown'`)
      .where("updated_at", ">=", slot.since)
      .where(visible("calls")),
  ),
});

const rowOf = (owner: ConversationOwnership, record: CallRecord, entry: Uint8Array): CallTable => ({
  ...owner,
  call_id: record.callId,
  turn_id: record.turnId,
  conversation_id: record.conversationId,
  agent_id: record.agentId,
  tool: record.tool,
  entry,
  state: record.state,
  updated_at: record.updatedAt,
});

/** The ledger of tool calls. */
export const callRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => CallRepository) => {
  const query = queries(connection);
  const entries = entriesOf<Entry>(sealer, "calls");

  const callOf = (row: Row<CallTable>): Result<CallRecord> => {
    const entry = entries.open(ofConversation(row.conversation_id, row.owner_id), row.call_id, row.entry);
    if (!entry.ok) return entry;
    return ok({
      callId: row.call_id,
      turnId: row.turn_id,
      conversationId: row.conversation_id,
      agentId: row.agent_id,
      tool: row.tool,
      ...entry.value,
      state: row.state,
      updatedAt: row.updated_at,
    });
  };
  const sealedRow = (owner: ConversationOwnership, record: CallRecord): Result<CallTable> => {
    const { callId, conversationId, callDigest } = record;
    const entry = entries.seal(ofConversation(conversationId, owner.owner_id), callId, { callDigest });
    return entry.ok ? ok(rowOf(owner, record, entry.value)) : entry;
  };
  /** Whether the scope sees the call, and it is the one that was entered. */
  const isSame = async (scope: AccessScope, record: CallRecord): Promise<Result<boolean>> => {
    const row = await query.find.one(scope, { id: record.callId });
    if (row === undefined) return ok(false);
    const known = callOf(row);
    return known.ok ? ok(known.value.callDigest === record.callDigest) : known;
  };
  return (gate) => ({
    find: (scope, id) =>
      gate.read<CallRecord | null>(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? ok(null) : callOf(row);
      }),
    ofTurn: (scope, turn) => gate.read(async () => mapAll(await query.ofTurn.all(scope, { turn }), callOf)),
    put: (scope, record) =>
      gate.write(async () => {
        const owner = await connection.ownership(scope, record.conversationId);
        if (owner === undefined) return notFound("conversation");
        const row = sealedRow(owner, record);
        if (!row.ok) return row;
        if ((await query.create.run(null, row.value)) === 1) return done;
        const same = await isSame(scope, record);
        if (!same.ok) return same;
        return same.value && (await query.update.run(scope, row.value)) === 1 ? done : notFound("call");
      }),
    edit: (scope, record) =>
      gate.write(async () => {
        const owner = await connection.ownership(scope, record.conversationId);
        if (owner === undefined || (await query.find.one(scope, { id: record.callId })) === undefined)
          return notFound("call");
        const row = sealedRow(owner, record);
        if (!row.ok) return row;
        const changed = await query.edit.run(scope, row.value);
        return changed === 1 ? done : err(moltbotError("CONFLICT", { kind: "call" }));
      }),
    admitted: (scope, turn, agent, since) =>
      gate.read(async () =>
        ok({
          turn: (await query.admittedInTurn.one(scope, { turn }))?.count ?? 0,
          agent: (await query.admittedByAgent.one(scope, { agent, since }))?.count ?? 0,
        }),
      ),
    countUnknown: (scope, since) => gate.read(async () => ok((await query.unknown.one(scope, { since }))?.count ?? 0)),
  });
};
