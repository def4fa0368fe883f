import type { MemoryId, MessageId, ReminderId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { SelectQueryBuilder } from "kysely";
import { ADMITTED } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { STORED } from "./decision-queries.ts";
import type { StoredDecision } from "./decision-queries.ts";
import type { QueryParts } from "./query.ts";
import type { FileLabelTable, MemoryTable, MessageTable, ReminderTable, Row, Schema } from "./schema.ts";
import { endsOf } from "./walk.ts";

type Wanted = { after: string; to: string; limit: number };

/** Those that the scope sees of a stretch, in the order of their keys. */
const stretchOf =
  ({ slot, visible }: QueryParts<Wanted>, table: string, key: "id" | "content") =>
  <T extends keyof Schema, O>(rows: SelectQueryBuilder<Schema, T, O>): SelectQueryBuilder<Schema, T, O> =>
    rows
      .where(sql.ref(key), ">", slot.after)
      .where(sql.ref(key), "<=", slot.to)
      .where(visible(table))
      .orderBy(sql.ref(key))
      .limit(slot.limit);

/** The statements that find what came from a source. */
export const provenanceQueries = (connection: Connection) => {
  const { define } = connection;
  return {
    ends: {
      messages: endsOf(connection, "messages", "id"),
      memories: endsOf(connection, "memories", "id"),
      reminders: endsOf(connection, "reminders", "id"),
      decisions: endsOf(connection, "decisions", "id"),
      files: endsOf(connection, "file_labels", "content"),
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
    messages: define<Wanted, Row<MessageTable>>((parts) =>
      parts.db
        .selectFrom("messages")
        .selectAll()
        .$call(stretchOf(parts, "messages", "id")),
    ),
    memories: define<Wanted, Row<MemoryTable>>((parts) =>
      parts.db
        .selectFrom("memories")
        .selectAll()
        .$call(stretchOf(parts, "memories", "id")),
    ),
    reminders: define<Wanted, Row<ReminderTable>>((parts) =>
      parts.db
        .selectFrom("reminders")
        .selectAll()
        .where(parts.dialect.inMemory(sql.ref("state")), "=", "scheduled")
        .$call(stretchOf(parts, "reminders", "id")),
    ),
    files: define<Wanted, Row<FileLabelTable>>((parts) =>
      parts.db
        .selectFrom("file_labels")
        .selectAll()
        .$call(stretchOf(parts, "file_labels", "content")),
    ),
    /** Allowed ones whose call ran, or may have: of one that failed or whose outcome a crash hid, something may have left. */
    allowed: define<Wanted, StoredDecision>((parts) =>
      parts.db
        .selectFrom("decisions")
        .select(STORED)
        .where("kind", "=", "allow")
        .where((where) =>
          where.exists(
            where
              .selectFrom("calls")
              .select("calls.call_id")
              .whereRef("calls.call_id", "=", "decisions.call_id")
              .where("calls.state", "in", ADMITTED)
              .where(parts.visible("calls")),
          ),
        )
        .$call(stretchOf(parts, "decisions", "id")),
    ),
  };
};
