import type { MemoryId, MessageId, ReminderId } from "@moltbot/contracts";
import { sql } from "kysely";
import { ADMITTED } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { STORED } from "./decision-queries.ts";
import type { StoredDecision } from "./decision-queries.ts";
import type { FileLabelTable, MemoryTable, MessageTable, ReminderTable, Row } from "./schema.ts";
import { STRETCH } from "./walk.ts";

type Place = { after: string };
type Wanted = Place & { to: string; limit: number };

/** Where a stretch ends: keys of anybody, and nothing more. */
const endQuery = (
  { define }: Connection,
  table: "messages" | "memories" | "reminders" | "decisions" | "file_labels",
  key: "id" | "content",
) =>
  define<Place, { readonly key: string }>(({ db, slot }) => ({
    compile: () =>
      sql<{
        readonly key: string;
      }>`select ${sql.ref(key)} as "key" from ${sql.table(table)} where ${sql.ref(key)} > ${slot.after} order by ${sql.ref(key)} limit 1 offset ${sql.lit(STRETCH - 1)}`.compile(
        db,
      ),
  }));

/** The statements that find what came from a source. */
export const provenanceQueries = (connection: Connection) => {
  const { define } = connection;
  return {
    ends: {
      messages: endQuery(connection, "messages", "id"),
      memories: endQuery(connection, "memories", "id"),
      reminders: endQuery(connection, "reminders", "id"),
      decisions: endQuery(connection, "decisions", "id"),
      files: endQuery(connection, "file_labels", "content"),
    },
    message: define<{ id: string }, Row<MessageTable>>(({ db, slot, visible }) =>
      db
        .selectFrom("messages")
        .selectAll()
        .where("id", "=", sql<MessageId>`${slot.id}`)
        .where(visible("messages")),
    ),
    memory: define<{ id: string }, Row<MemoryTable>>(({ db, slot, visible }) =>
      db
        .selectFrom("memories")
        .selectAll()
        .where("id", "=", sql<MemoryId>`${slot.id}`)
        .where(visible("memories")),
    ),
    reminder: define<{ id: string }, Row<ReminderTable>>(({ db, slot, visible }) =>
      db
        .selectFrom("reminders")
        .selectAll()
        .where("id", "=", sql<ReminderId>`${slot.id}`)
        .where(visible("reminders")),
    ),
    /** All of them, here and below: labels are sealed, so only opening tells what a row came from. */
    messages: define<Wanted, Row<MessageTable>>(({ db, slot, visible }) =>
      db
        .selectFrom("messages")
        .selectAll()
        .where(sql.ref("id"), ">", slot.after)
        .where(sql.ref("id"), "<=", slot.to)
        .where(visible("messages"))
        .orderBy("id")
        .limit(slot.limit),
    ),
    memories: define<Wanted, Row<MemoryTable>>(({ db, slot, visible }) =>
      db
        .selectFrom("memories")
        .selectAll()
        .where(sql.ref("id"), ">", slot.after)
        .where(sql.ref("id"), "<=", slot.to)
        .where(visible("memories"))
        .orderBy("id")
        .limit(slot.limit),
    ),
    reminders: define<Wanted, Row<ReminderTable>>(({ db, slot, visible, dialect }) =>
      db
        .selectFrom("reminders")
        .selectAll()
        .where(sql.ref("id"), ">", slot.after)
        .where(sql.ref("id"), "<=", slot.to)
        .where(dialect.inMemory(sql.ref("state")), "=", "scheduled")
        .where(visible("reminders"))
        .orderBy("id")
        .limit(slot.limit),
    ),
    files: define<Wanted, Row<FileLabelTable>>(({ db, slot, visible }) =>
      db
        .selectFrom("file_labels")
        .selectAll()
        .where(sql.ref("content"), ">", slot.after)
        .where(sql.ref("content"), "<=", slot.to)
        .where(visible("file_labels"))
        .orderBy("content")
        .limit(slot.limit),
    ),
    /** Allowed ones whose call ran, or may have: of one that failed or whose outcome a crash hid, something may have left. */
    allowed: define<Wanted, StoredDecision>(({ db, slot, visible }) =>
      db
        .selectFrom("decisions")
        .select(STORED)
        .where(sql.ref("id"), ">", slot.after)
        .where(sql.ref("id"), "<=", slot.to)
        .where("kind", "=", "allow")
        .where(visible("decisions"))
        .where((where) =>
          where.exists(
            where
              .selectFrom("calls")
              .select("calls.call_id")
              .whereRef("calls.call_id", "=", "decisions.call_id")
              .where("calls.state", "in", ADMITTED)
              .where(visible("calls")),
          ),
        )
        .orderBy("id")
        .limit(slot.limit),
    ),
  };
};
