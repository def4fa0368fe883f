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
import { ofPerson } from "./subjects.ts";

/** Opens a reminder's row. */
export const reminderOf =
  (sealer: ContentSealer) =>
  (row: Row<ReminderTable>): Result<Reminder> => {
    const text = sealer.open(ofPerson(row.owner_id), row.id, row.text);
    if (!text.ok) return text;
    return ok({
      id: row.id,
      ownerId: row.owner_id,
      agentId: row.agent_id,
      conversationId: row.conversation_id,
      callId: row.call_id,
      text: text.value,
      dueAt: row.due_at,
      state: row.state,
      createdAt: row.created_at,
      firedAt: row.fired_at,
      label: fromJson(row.label),
    });
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
        text: slot.text,
        due_at: slot.due_at,
        state: slot.state,
        created_at: slot.created_at,
        fired_at: slot.fired_at,
        label: slot.label,
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
        .where(sql<boolean>`(${slot.state} is null or state = ${slot.state})`)
        .where(sql<boolean>`(${slot.conversation} is null or conversation_id = ${slot.conversation})`)
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

/** Reminders; the text is sealed under its person. */
export const reminderRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ReminderRepository) => {
  const query = queries(connection);
  const open = reminderOf(sealer);

  return (gate) => ({
    create: (scope, reminder) =>
      gate.write(() => {
        const home = connection.ownership(scope, reminder.conversationId);
        // It is its person's: somebody of the conversation, and under `own` nobody but oneself.
        if (home === undefined) return notFound("conversation");
        const member = reminder.ownerId === home.owner_id || fromJson(home.audience).includes(reminder.ownerId);
        if (!member || (scope.reach === "own" && reminder.ownerId !== scope.principalId)) return notFound("owner");
        const text = sealer.seal(ofPerson(reminder.ownerId), reminder.id, reminder.text);
        if (!text.ok) return text;
        query.create.run(null, {
          id: reminder.id,
          tenant_id: home.tenant_id,
          owner_id: reminder.ownerId,
          audience: toJson([]),
          agent_id: reminder.agentId,
          conversation_id: reminder.conversationId,
          call_id: reminder.callId,
          text: text.value,
          due_at: reminder.dueAt,
          state: reminder.state,
          created_at: reminder.createdAt,
          fired_at: reminder.firedAt,
          label: toJson(reminder.label),
        });
        const stored = query.ofCall.one(scope, { call: reminder.callId });
        return stored === undefined ? notFound("reminder") : open(stored);
      }),
    find: (scope, id) =>
      gate.read(() => {
        const row = query.find.one(scope, { id });
        return row === undefined ? notFound("reminder") : open(row);
      }),
    list: (scope, filter) =>
      gate.read(() =>
        mapAll(
          query.list.all(scope, { state: filter.state ?? null, conversation: filter.conversationId ?? null }),
          open,
        ),
      ),
    due: (scope, now, limit) => gate.read(() => mapAll(query.due.all(scope, { now, limit }), open)),
    nextDue: (scope) => gate.read(() => ok(query.nextDue.one(scope, {})?.due_at ?? null)),
    markFired: (scope, id, at) =>
      gate.write(() => {
        if (query.markFired.run(scope, { id, at }) === 1) return ok(true);
        return query.find.one(scope, { id }) === undefined ? notFound("reminder") : ok(false);
      }),
    cancel: (scope, id) =>
      gate.write(() => {
        if (query.cancel.run(scope, { id }) === 1) return ok(true);
        return query.find.one(scope, { id }) === undefined ? notFound("reminder") : ok(false);
      }),
  });
};
