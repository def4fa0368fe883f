import type { Instant, OutboxId, OutboxItem } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection, OutboxTable, Row } from "../database/index.ts";

export type NewItem = Omit<OutboxTable, "ordinal" | "holder" | "not_before" | "problem">;

/** Effects on their way out. */
export const outboxQueries = ({ define }: Connection) => ({
  put: define<NewItem, unknown>(({ db, slot }) =>
    db
      .insertInto("outbox")
      .values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        conversation_id: slot.conversation_id,
        call_id: slot.call_id,
        kind: slot.kind,
        payload: slot.payload,
        repeatable: slot.repeatable,
        state: slot.state,
        attempts: slot.attempts,
        problem: null,
        holder: null,
        not_before: null,
        created_at: slot.created_at,
        updated_at: slot.updated_at,
      })
      .onConflict((conflict) => conflict.column("id").doNothing()),
  ),
  /** The oldest of each conversation, unless one of it is on its way: what was decided first leaves first. */
  take: define<{ now: Instant; limit: number; holder: number }, Row<OutboxTable>>(({ db, slot, dialect }) =>
    db
      .updateTable("outbox")
      .set({
        state: "sending",
        attempts: sql`attempts + 1`,
        holder: slot.holder,
        not_before: null,
        updated_at: slot.now,
      })
      .where("ordinal", "in", (subquery) => {
        const next = subquery
          .selectFrom("outbox as next")
          .select("next.ordinal")
          .where("next.state", "=", "waiting")
          .where((item) => item.or([item("next.not_before", "is", null), item("next.not_before", "<=", slot.now)]))
          .where((item) =>
            item.not(
              item.exists(
                item
                  .selectFrom("outbox as under_way")
                  .select("under_way.ordinal")
                  .whereRef("under_way.conversation_id", "=", "next.conversation_id")
                  .where("under_way.state", "=", "sending"),
              ),
            ),
          )
          .where((item) =>
            item.not(
              item.exists(
                item
                  .selectFrom("outbox as earlier")
                  .select("earlier.ordinal")
                  .whereRef("earlier.conversation_id", "=", "next.conversation_id")
                  .where("earlier.state", "=", "waiting")
                  .whereRef("earlier.ordinal", "<", "next.ordinal"),
              ),
            ),
          )
          .where((item) =>
            item.not(
              item.exists(
                item
                  .selectFrom("stops")
                  .select("stops.id")
                  .whereRef("stops.tenant_id", "=", "next.tenant_id")
                  .where("stops.resumed_at", "is", null),
              ),
            ),
          )
          .orderBy("next.ordinal")
          .limit(slot.limit);
        return dialect.engine === "postgres" ? next.forUpdate().skipLocked() : next;
      })
      .returningAll(),
  ),
  /** By the process that took it, and by no other. */
  settle: define<
    {
      id: OutboxId;
      to: OutboxItem["state"];
      problem: Uint8Array | null;
      at: Instant;
      not_before: Instant | null;
      holder: number;
    },
    unknown
  >(({ db, slot }) =>
    db
      .updateTable("outbox")
      .set({
        state: slot.to,
        problem: slot.problem,
        not_before: slot.not_before,
        holder: null,
        updated_at: slot.at,
      })
      .where("id", "=", slot.id)
      .where("state", "=", "sending")
      .where("holder", "=", slot.holder)
      .where(sql<boolean>`(cast(${slot.to} as text) <> 'waiting' or repeatable = 1)`),
  ),
  find: define<{ id: OutboxId }, Row<OutboxTable>>(({ db, slot }) =>
    db.selectFrom("outbox").selectAll().where("id", "=", slot.id),
  ),
  waitAgain: define<{ now: Instant; holder: number }, unknown>(({ db, slot, dialect }) =>
    db
      .updateTable("outbox")
      .set({ state: "waiting", holder: null, updated_at: slot.now })
      .where("state", "=", "sending")
      .where("repeatable", "=", 1)
      .where(dialect.holderIsGone(sql.ref("holder"), slot.holder)),
  ),
  hidden: define<{ now: Instant; holder: number }, Row<OutboxTable>>(({ db, slot, dialect }) =>
    db
      .updateTable("outbox")
      .set({ state: "unknown", holder: null, updated_at: slot.now })
      .where("state", "=", "sending")
      .where("repeatable", "=", 0)
      .where(dialect.holderIsGone(sql.ref("holder"), slot.holder))
      .returningAll(),
  ),
  list: define<{ state: string; limit: number }, Row<OutboxTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("outbox")
      .selectAll()
      .where(sql<boolean>`(cast(${slot.state} as text) = 'all' or state = ${slot.state})`)
      .where(visible("outbox"))
      .orderBy("ordinal", "desc")
      .limit(slot.limit),
  ),
  unknown: define<{ since: Instant }, { readonly count: number }>(({ db, slot, visible }) =>
    db
      .selectFrom("outbox")
      .select(sql<number>`count(*)`.as("count"))
      .where("state", "=", "unknown")
      .where("updated_at", ">=", slot.since)
      .where(visible("outbox")),
  ),
  cancelWaiting: define<{ at: Instant }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("outbox")
      .set({ state: "cancelled", updated_at: slot.at })
      .where("state", "=", "waiting")
      .where(visible("outbox")),
  ),
});
