import type { ConversationId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";
import { memoryQueries } from "./memory-queries.ts";
import { messageIndexRemoval } from "./message-index.ts";
import type { Derived } from "./privacy-scan.ts";
import { toJson } from "./schema.ts";
import type { FileLabelTable, JsonText } from "./schema.ts";

/** Notes how many rows of a table went. */
export type Count = (table: string, rows: number) => void;

/** Takes the rows of conversations away; each method inside a step of a gate. */
export interface ConversationRemoval {
  remove(ids: readonly ConversationId[], derived: Derived, count: Count): Promise<void>;
  /** Takes memories away with the words they were found by. */
  forget(ordinals: readonly number[]): Promise<void>;
  /** Rewrites the search indexes without what was taken out. */
  purge(): Promise<void>;
}

/** What names the conversation itself; children first, so that no row is left pointing at nothing. */
const BY_CONVERSATION = [
  "plans",
  "decisions",
  "approvals",
  "calls",
  "reminders",
  "turns",
  "outbox",
  "attachments",
  "messages",
] as const;

const queries = ({ define, dialect }: Connection) => {
  const among = (table: string, column: string) =>
    define<{ ids: JsonText<readonly string[]> }, unknown>(({ db, slot }) => ({
      compile: () =>
        sql`delete from ${sql.table(table)} where ${sql.ref(column)} in ${dialect.elementsOf(slot.ids)}`.compile(
          db,
        ) as never, // it returns no rows
    }));
  return {
    steps: define<{ id: ConversationId }, unknown>(({ db, slot }) =>
      db
        .deleteFrom("plan_steps")
        .where("plan_id", "in", sql<never>`(select p.id from plans as p where p.conversation_id = ${slot.id})`),
    ),
    bound: BY_CONVERSATION.map((table) => ({
      table,
      remove: define<{ id: ConversationId }, unknown>(({ db, slot }) => ({
        compile: () => sql`delete from ${sql.table(table)} where conversation_id = ${slot.id}`.compile(db) as never, // it returns no rows
      })),
    })),
    shares: define<{ id: ConversationId }, unknown>(({ db, slot }) =>
      db.deleteFrom("shares").where("object_type", "=", "conversation").where("object_id", "=", slot.id),
    ),
    conversation: define<{ id: ConversationId }, unknown>(({ db, slot }) =>
      db.deleteFrom("conversations").where("id", "=", slot.id),
    ),
    memories: define<{ ids: JsonText<readonly string[]> }, { readonly ordinal: number }>(({ db, slot }) => ({
      compile: () =>
        sql`delete from memories where id in ${dialect.elementsOf(slot.ids)} returning ordinal`.compile(db) as never, // the one column that it names
    })),
    reminders: among("reminders", "id"),
    uses: among("capability_uses", "capability_id"),
    capabilities: among("capabilities", "id"),
    fileLabel: define<Pick<FileLabelTable, "tenant_id" | "owner_id" | "content">, unknown>(({ db, slot }) =>
      db
        .deleteFrom("file_labels")
        .where("tenant_id", "=", slot.tenant_id)
        .where("owner_id", "=", slot.owner_id)
        .where("content", "=", slot.content),
    ),
    // The leaf stays, so the log still proves that log and database belong together.
    details: define<{ subjects: JsonText<readonly string[]> }, unknown>(({ db, slot }) => ({
      compile: () =>
        sql`update audit_details set sealed = null where sealed is not null and subject in ${dialect.elementsOf(slot.subjects)}`.compile(
          db,
        ) as never, // it returns no rows
    })),
  };
};

/** Prepares the removal of conversations: their rows, what came of them, and their place in the search indexes. */
export const conversationRemoval = (connection: Connection): ConversationRemoval => {
  const query = queries(connection);
  const index = messageIndexRemoval(connection);
  const { words } = memoryQueries(connection);

  const forget = async (ordinals: readonly number[]): Promise<void> => {
    for (const ordinal of ordinals) await words.forget.run(null, { ordinal });
  };
  return {
    remove: async (ids, derived, count) => {
      for (const id of ids) {
        for (const [table, rows] of Object.entries(await index.removeFromIndex(id))) count(table, rows);
        count("plan_steps", await query.steps.run(null, { id }));
        for (const { table, remove } of query.bound) count(table, await remove.run(null, { id }));
        count("shares", await query.shares.run(null, { id }));
        count("conversations", await query.conversation.run(null, { id }));
      }
      const memories = await query.memories.all(null, { ids: toJson(derived.memories) });
      await forget(memories.map(({ ordinal }) => Number(ordinal)));
      count("memories", memories.length);
      count("reminders", await query.reminders.run(null, { ids: toJson(derived.reminders) }));
      const capabilities = toJson(derived.capabilities);
      count("capability_uses", await query.uses.run(null, { ids: capabilities }));
      count("capabilities", await query.capabilities.run(null, { ids: capabilities }));
      for (const file of derived.files) count("file_labels", await query.fileLabel.run(null, file));
      const subjects = [
        ...ids.map((id) => `conversation:${id}`),
        ...derived.memories.map((memory) => `memory:${memory}`),
        ...derived.attachments.map((attachment) => `attachment:${attachment}`),
      ];
      count("audit_details", await query.details.run(null, { subjects: toJson(subjects) }));
    },
    forget,
    purge: async () => {
      await words.purge.run(null, {});
      await index.purgeIndex();
    },
  };
};
