import { ok } from "@moltbot/contracts";
import type {
  CallId,
  ConversationId,
  Instant,
  Reminder,
  ReminderId,
  ReminderRepository,
  Result,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { SqlValue } from "./query.ts";
import { fromJson, toJson } from "./schema.ts";
import type { ReminderTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofConversation } from "./subjects.ts";

/** What of a reminder is sealed. */
type Entry = Pick<Reminder, "text" | "label">;

/** Opens a reminder's row. */
export const reminderOf = (sealer: ContentSealer): ((row: Row<ReminderTable>) => Result<Reminder>) => {
  const entries = entriesOf<Entry>(sealer, "reminders");
  return (row) => {
    const entry = entries.open(ofConversation(row.conversation_id, row.owner_id), row.id, row.entry);
    if (!entry.ok) return entry;
    return ok({
      id: row.id,
      ownerId: row.owner_id,
      agentId: row.agent_id,
      conversationId: row.conversation_id,
      callId: row.call_id,
      ...entry.value,
      dueAt: row.due_at,
      state: row.state,
      createdAt: row.created_at,
      firedAt: row.fired_at,
    });
  };
};

const queries = ({ define }: Connection) => ({
  create: define<ReminderTable, unknown>(({ db, slot }) =>
    db
      .insertInto("reminders")
      .values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        agent_id: slot.agent_id,
        conversation_id: slot.conversation_id,
        call_id: slot.call_id,
        entry: slot.entry,
        due_at: slot.due_at,
        state: slot.state,
        created_at: slot.created_at,
        fired_at: slot.fired_at,
      })
      .onConflict((conflict) => conflict.column("call_id").doNothing()),
  ),
  ofCall: define<{ call: CallId }, Row<ReminderTable>>(({ db, slot, visible }) =>
    db.selectFrom("reminders").selectAll().where("call_id", "=", slot.call).where(visible("reminders")),
  ),
  list: define<{ state: Reminder["state"] | null; conversation: ConversationId | null }, Row<ReminderTable>>(
    ({ db, slot, visible }) =>
      db
        .selectFrom("reminders")
        .selectAll()
        .where(sql<boolean>`(cast(${slot.state} as text) is null or state = ${slot.state})`)
        .where(sql<boolean>`(cast(${slot.conversation} as text) is null or conversation_id = ${slot.conversation})`)
        .where(visible("reminders"))
        .orderBy("due_at")
        .orderBy("id"),
  ),
  due: define<{ now: Instant; limit: number }, Row<ReminderTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("reminders")
      .selectAll()
      .where("state", "=", "scheduled")
      .where("due_at", "<=", slot.now)
      .where(visible("reminders"))
      .orderBy("due_at")
      .orderBy("id")
      .limit(slot.limit),
  ),
  nextDue: define<Record<never, SqlValue>, { readonly due_at: Instant }>(({ db, visible }) =>
    db
      .selectFrom("reminders")
      .select("due_at")
      .where("state", "=", "scheduled")
      .where(visible("reminders"))
      .orderBy("due_at")
      .limit(1),
  ),
  markFired: define<{ id: ReminderId; at: Instant }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("reminders")
      .set({ state: "fired", fired_at: slot.at })
      .where("id", "=", slot.id)
      .where("state", "=", "scheduled")
      .where(visible("reminders")),
  ),
  cancel: define<{ id: ReminderId }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("reminders")
      .set({ state: "cancelled" })
      .where("id", "=", slot.id)
      .where("state", "=", "scheduled")
      .where(visible("reminders")),
  ),
  find: define<{ id: ReminderId }, Row<ReminderTable>>(({ db, slot, visible }) =>
    db.selectFrom("reminders").selectAll().where("id", "=", slot.id).where(visible("reminders")),
  ),
});

/** Reminders; the text is sealed under the conversation and its person. */
export const reminderRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ReminderRepository) => {
  const query = queries(connection);
  const open = reminderOf(sealer);
  const entries = entriesOf<Entry>(sealer, "reminders");

  return (gate) => ({
    create: (scope, reminder) =>
      gate.write(async () => {
        const home = await connection.ownership(scope, reminder.conversationId);
        // It is its person's: somebody of the conversation, and under `own` nobody but oneself.
        if (home === undefined) return notFound("conversation");
        const member = reminder.ownerId === home.owner_id || fromJson(home.audience).includes(reminder.ownerId);
        if (!member || (scope.reach === "own" && reminder.ownerId !== scope.principalId)) return notFound("owner");
        const { text, label } = reminder;
        const subjects = ofConversation(reminder.conversationId, reminder.ownerId);
        const entry = entries.seal(subjects, reminder.id, { text, label });
        if (!entry.ok) return entry;
        await query.create.run(null, {
          id: reminder.id,
          tenant_id: home.tenant_id,
          owner_id: reminder.ownerId,
          audience: toJson([]),
          agent_id: reminder.agentId,
          conversation_id: reminder.conversationId,
          call_id: reminder.callId,
          entry: entry.value,
          due_at: reminder.dueAt,
          state: reminder.state,
          created_at: reminder.createdAt,
          fired_at: reminder.firedAt,
        });
        const stored = await query.ofCall.one(scope, { call: reminder.callId });
        return stored === undefined ? notFound("reminder") : open(stored);
      }),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? notFound("reminder") : open(row);
      }),
    list: (scope, filter) =>
      gate.read(async () =>
        mapAll(
          await query.list.all(scope, { state: filter.state ?? null, conversation: filter.conversationId ?? null }),
          open,
        ),
      ),
    due: (scope, now, limit) => gate.read(async () => mapAll(await query.due.all(scope, { now, limit }), open)),
    nextDue: (scope) => gate.read(async () => ok((await query.nextDue.one(scope, {}))?.due_at ?? null)),
    markFired: (scope, id, at) =>
      gate.write(async () => {
        if ((await query.markFired.run(scope, { id, at })) === 1) return ok(true);
        return (await query.find.one(scope, { id })) === undefined ? notFound("reminder") : ok(false);
      }),
    cancel: (scope, id) =>
      gate.write(async () => {
        if ((await query.cancel.run(scope, { id })) === 1) return ok(true);
        return (await query.find.one(scope, { id })) === undefined ? notFound("reminder") : ok(false);
      }),
  });
};
