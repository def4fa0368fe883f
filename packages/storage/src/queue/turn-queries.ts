import type { AgentId, ConversationId, Instant, PrincipalId, TenantId, TurnId, TurnState } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection, Row, TurnTable } from "../database/index.ts";

type Leased = { id: TurnId; fence: number; now: Instant };

/** How a turn comes in and is looked at. */
export const lookQueries = ({ define }: Connection) => ({
  insert: define<Omit<TurnTable, "ordinal" | "end_entry" | "fence" | "lease_until" | "lease_holder">, unknown>(
    ({ db, slot }) =>
      db.insertInto("turns").values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        key_mac: slot.key_mac,
        conversation_id: slot.conversation_id,
        agent_id: slot.agent_id,
        authority: slot.authority,
        user_message_id: slot.user_message_id,
        came_by: slot.came_by,
        entry: slot.entry,
        state: slot.state,
        steps: slot.steps,
        attempts: slot.attempts,
        waiting_for: slot.waiting_for,
        end_entry: null,
        fence: 0,
        lease_until: null,
        lease_holder: null,
        created_at: slot.created_at,
        updated_at: slot.updated_at,
      }),
  ),
  byKey: define<{ tenant: TenantId; owner: PrincipalId; mac: string }, Row<TurnTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("turns")
      .selectAll()
      .where("tenant_id", "=", slot.tenant)
      .where("owner_id", "=", slot.owner)
      .where("key_mac", "=", slot.mac)
      .where(visible("turns")),
  ),
  find: define<{ id: TurnId }, Row<TurnTable>>(({ db, slot, visible }) =>
    db.selectFrom("turns").selectAll().where("id", "=", slot.id).where(visible("turns")),
  ),
  ofConversation: define<{ conversation: ConversationId; limit: number }, Row<TurnTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("turns")
      .selectAll()
      .where("conversation_id", "=", slot.conversation)
      .where(visible("turns"))
      .orderBy("ordinal", "desc")
      .limit(slot.limit),
  ),
  open: define<Record<never, string>, Row<TurnTable>>(({ db, visible }) =>
    db
      .selectFrom("turns")
      .selectAll()
      .where("state", "in", ["running", "waiting"])
      .where(visible("turns"))
      .orderBy("ordinal"),
  ),
  busyAgents: define<Record<never, string>, { readonly agent_id: AgentId }>(({ db, visible }) =>
    db
      .selectFrom("turns")
      .select("agent_id")
      .distinct()
      .where("state", "=", "running")
      .where(visible("turns"))
      .orderBy("agent_id"),
  ),
  counts: define<Record<never, string>, { readonly state: TurnState; readonly count: number }>(({ db, visible }) =>
    db
      .selectFrom("turns")
      .select(["state", sql<number>`count(*)`.as("count")])
      .where(visible("turns"))
      .groupBy("state"),
  ),
});

/** How leases come and go without their holder. */
export const leaseQueries = ({ define }: Connection) => ({
  /** Leases of a process that is gone, and leases that ran out. */
  takeBack: define<{ now: Instant; holder: number }, { readonly id: TurnId }>(({ db, slot, dialect }) =>
    db
      .updateTable("turns")
      .set({
        state: "queued",
        attempts: sql`attempts + 1`,
        lease_until: null,
        lease_holder: null,
        updated_at: slot.now,
      })
      .where("state", "=", "running")
      .where(
        sql<boolean>`(${dialect.holderIsGone(sql.ref("lease_holder"), slot.holder)} or lease_until <= ${slot.now})`,
      )
      .returning("id"),
  ),
  /** Those that wait for nothing, or one of whose questions is not pending any more. */
  wakeAnswered: define<{ now: Instant }, { readonly id: TurnId }>(({ db, slot, dialect }) =>
    db
      .updateTable("turns")
      .set({ state: "queued", waiting_for: sql`'[]'`, updated_at: slot.now })
      .where("state", "=", "waiting")
      .where((turn) => {
        const awaited = turn
          .selectFrom("approvals")
          .select("approvals.id")
          .where(sql<boolean>`approvals.id in ${dialect.elementsOf(sql.ref("turns.waiting_for"))}`);
        return turn.or([
          turn.not(turn.exists(awaited.where("approvals.state", "=", "pending"))),
          turn.exists(awaited.where("approvals.state", "!=", "pending")),
        ]);
      })
      .returning("id"),
  ),
  claim: define<{ now: Instant; until: Instant; holder: number }, Row<TurnTable>>(({ db, slot }) =>
    db
      .updateTable("turns")
      .set({
        state: "running",
        fence: sql`fence + 1`,
        lease_until: slot.until,
        lease_holder: slot.holder,
        updated_at: slot.now,
      })
      .where("ordinal", "=", (subquery) =>
        subquery
          .selectFrom("turns as candidate")
          .select("candidate.ordinal")
          .where("candidate.state", "=", "queued")
          .where((candidate) =>
            candidate.not(
              candidate.exists(
                candidate
                  .selectFrom("turns as other")
                  .select("other.ordinal")
                  .whereRef("other.conversation_id", "=", "candidate.conversation_id")
                  .where("other.state", "=", "running"),
              ),
            ),
          )
          .where((candidate) =>
            candidate.not(
              candidate.exists(
                candidate
                  .selectFrom("stops")
                  .select("stops.id")
                  .whereRef("stops.tenant_id", "=", "candidate.tenant_id")
                  .where("stops.resumed_at", "is", null),
              ),
            ),
          )
          .orderBy("candidate.ordinal")
          .limit(1),
      )
      .returningAll(),
  ),
  resume: define<{ id: TurnId; now: Instant }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("turns")
      .set({ state: "queued", waiting_for: sql`'[]'`, updated_at: slot.now })
      .where("id", "=", slot.id)
      .where("state", "=", "waiting")
      .where(visible("turns")),
  ),
  cancel: define<{ id: TurnId; state: TurnState; end: Uint8Array; now: Instant }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("turns")
      .set({ state: slot.state, end_entry: slot.end, waiting_for: sql`'[]'`, updated_at: slot.now })
      .where("id", "=", slot.id)
      .where("state", "in", ["queued", "waiting"])
      .where(visible("turns")),
  ),
  /** Which of these approvals exist, and how many of them nobody has answered. */
  unanswered: define<{ ids: string }, { readonly known: number; readonly pending: number }>(({ db, slot, dialect }) =>
    db
      .selectFrom("approvals")
      .select([sql<number>`count(*)`.as("known"), sql<number>`count(*) filter (where state = 'pending')`.as("pending")])
      .where(sql<boolean>`id in ${dialect.elementsOf(slot.ids)}`),
  ),
});

/** What only the holder of the current fence may write. */
export const holderQueries = ({ define }: Connection) => ({
  extend: define<Leased & { until: Instant }, unknown>(({ db, slot }) =>
    db
      .updateTable("turns")
      .set({ lease_until: slot.until, updated_at: slot.now })
      .where("id", "=", slot.id)
      .where("fence", "=", slot.fence)
      .where("state", "=", "running"),
  ),
  progress: define<Leased & { steps: number }, unknown>(({ db, slot }) =>
    db
      .updateTable("turns")
      .set({ steps: slot.steps, updated_at: slot.now })
      .where("id", "=", slot.id)
      .where("fence", "=", slot.fence)
      .where("state", "=", "running"),
  ),
  /** Ends the lease in another state. */
  leave: define<Leased & { state: TurnState; waiting: TurnTable["waiting_for"]; end: Uint8Array | null }, unknown>(
    ({ db, slot }) =>
      db
        .updateTable("turns")
        .set({
          state: slot.state,
          waiting_for: slot.waiting,
          end_entry: slot.end,
          lease_until: null,
          lease_holder: null,
          updated_at: slot.now,
        })
        .where("id", "=", slot.id)
        .where("fence", "=", slot.fence)
        .where("state", "=", "running"),
  ),
});
