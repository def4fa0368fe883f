import type { Digest, MemoryId, MessageId, ReminderId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { RawBuilder, SqlBool } from "kysely";
import { ADMITTED } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { STORED } from "./decision-queries.ts";
import type { StoredDecision } from "./decision-queries.ts";
import { holdsText, inMemory } from "./dialect-sqlite.ts";
import type { FileLabelTable, MemoryTable, MessageTable, ReminderTable, Row } from "./schema.ts";
import { STRETCH } from "./walk.ts";

type Place = { after: string };
type Wanted = Place & { to: string; limit: number };
/** `ref` is a source's as it stands in the JSON of a label; what does not hold it names another source. */
type WantedFrom = Wanted & { ref: string };

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

const namesRef = (slot: { readonly ref: RawBuilder<string> }): RawBuilder<SqlBool> =>
  holdsText(sql.ref("label"), slot.ref);

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
    /** All of them: labels of parts are sealed. */
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
    memories: define<WantedFrom, Row<MemoryTable>>(({ db, slot, visible }) =>
      db
        .selectFrom("memories")
        .selectAll()
        .where(sql.ref("id"), ">", slot.after)
        .where(sql.ref("id"), "<=", slot.to)
        .where(namesRef(slot))
        .where(visible("memories"))
        .orderBy("id")
        .limit(slot.limit),
    ),
    reminders: define<WantedFrom, Row<ReminderTable>>(({ db, slot, visible }) =>
      db
        .selectFrom("reminders")
        .selectAll()
        .where(sql.ref("id"), ">", slot.after)
        .where(sql.ref("id"), "<=", slot.to)
        .where(inMemory(sql.ref("state")), "=", "scheduled")
        .where(namesRef(slot))
        .where(visible("reminders"))
        .orderBy("id")
        .limit(slot.limit),
    ),
    contents: define<WantedFrom, Pick<Row<FileLabelTable>, "content">>(({ db, slot, visible }) =>
      db
        .selectFrom("file_labels")
        .select("content")
        .distinct()
        .where(sql.ref("content"), ">", slot.after)
        .where(sql.ref("content"), "<=", slot.to)
        .where(namesRef(slot))
        .where(visible("file_labels"))
        .orderBy("content")
        .limit(slot.limit),
    ),
    labels: define<{ content: Digest }, Pick<Row<FileLabelTable>, "label">>(({ db, slot, visible }) =>
      db.selectFrom("file_labels").select("label").where("content", "=", slot.content).where(visible("file_labels")),
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
