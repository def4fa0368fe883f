import type { Approval, ApprovalId, ApprovalState, Instant, PrincipalId, TurnId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { SqlBool } from "kysely";
import type { Connection } from "./connection.ts";
import type { ApprovalTable, JsonText, Row } from "./schema.ts";

/** The columns that say which approval it is and where it stands. */
const FACTS = [
  "id",
  "conversation_id",
  "turn_id",
  "call_id",
  "owner_id",
  "agent_id",
  "entry",
  "state",
  "created_at",
  "expires_at",
  "answered_by",
  "answered_at",
] as const;
export type ApprovalFactsRow = Pick<Row<ApprovalTable>, (typeof FACTS)[number]>;

/** States that somebody may still answer or use. */
const OPEN: readonly ApprovalState[] = ["pending", "allowed"];

/** What a move writes; null keeps what stands. */
export type ApprovalChange = {
  id: ApprovalId;
  from: ApprovalState;
  to: ApprovalState;
  answeredBy: PrincipalId | null;
  answeredAt: Instant | null;
  scope: Approval["scope"];
  reason: Uint8Array | null;
  edited: Uint8Array | null;
  entry: Uint8Array | null;
};

/** The statements on approvals. */
export const approvalQueries = ({ define }: Connection) => ({
  create: define<ApprovalTable, unknown>(({ db, slot }) =>
    db.insertInto("approvals").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      conversation_id: slot.conversation_id,
      turn_id: slot.turn_id,
      call_id: slot.call_id,
      agent_id: slot.agent_id,
      entry: slot.entry,
      state: slot.state,
      created_at: slot.created_at,
      expires_at: slot.expires_at,
      answered_by: slot.answered_by,
      answered_at: slot.answered_at,
      scope: slot.scope,
      reason: slot.reason,
      edited: slot.edited,
    }),
  ),
  find: define<{ id: ApprovalId }, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db.selectFrom("approvals").selectAll().where("id", "=", slot.id).where(visible("approvals")),
  ),
  list: define<{ limit: number }, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("approvals")
      .selectAll()
      .where(visible("approvals"))
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(slot.limit),
  ),
  listState: define<{ state: ApprovalState; limit: number }, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("approvals")
      .selectAll()
      .where("state", "=", slot.state)
      .where(visible("approvals"))
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(slot.limit),
  ),
  ofTurn: define<{ turn: TurnId }, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("approvals")
      .selectAll()
      .where("turn_id", "=", slot.turn)
      .where(visible("approvals"))
      .orderBy("created_at")
      .orderBy("id"),
  ),
  move: define<ApprovalChange, Row<ApprovalTable>>(({ db, slot, visible }) =>
    db
      .updateTable("approvals")
      .set({
        state: slot.to,
        answered_by: sql`coalesce(${slot.answeredBy}, answered_by)`,
        answered_at: sql`coalesce(${slot.answeredAt}, answered_at)`,
        scope: sql`coalesce(${slot.scope}, scope)`,
        reason: sql`coalesce(${slot.reason}, reason)`,
        edited: sql`coalesce(${slot.edited}, edited)`,
        entry: sql`coalesce(${slot.entry}, entry)`,
      })
      .where("id", "=", slot.id)
      .where("state", "=", slot.from)
      .where(visible("approvals"))
      .returningAll(),
  ),
  since: define<{ since: Instant; at: string; id: string; limit: number }, Row<ApprovalTable>>(
    ({ db, slot, visible }) =>
      db
        .selectFrom("approvals")
        .selectAll()
        .where("created_at", ">=", slot.since)
        .where(sql<SqlBool>`(created_at, id) < (${slot.at}, ${slot.id})`)
        .where(visible("approvals"))
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(slot.limit),
  ),
  due: define<{ now: Instant; limit: number }, ApprovalFactsRow>(({ db, slot, visible }) =>
    db
      .selectFrom("approvals")
      .select(FACTS)
      .where("state", "in", OPEN)
      .where("expires_at", "<=", slot.now)
      .where(visible("approvals"))
      .orderBy("expires_at")
      .orderBy("id")
      .limit(slot.limit),
  ),
  expire: define<{ ids: JsonText<readonly ApprovalId[]>; now: Instant }, ApprovalFactsRow>(
    ({ db, slot, visible, dialect }) =>
      db
        .updateTable("approvals")
        .set({ state: "expired" })
        .where("id", "in", sql<ApprovalId>`${dialect.elementsOf(slot.ids)}`)
        .where(dialect.inMemory(sql.ref<ApprovalState>("state")), "in", OPEN)
        .where(dialect.inMemory(sql.ref("expires_at")), "<=", slot.now)
        .where(visible("approvals"))
        .returning(FACTS),
  ),
  cancelOpen: define<Record<never, never>, ApprovalFactsRow>(({ db, visible }) =>
    db
      .updateTable("approvals")
      .set({ state: "cancelled" })
      .where("state", "in", OPEN)
      .where(visible("approvals"))
      .returning(FACTS),
  ),
});
