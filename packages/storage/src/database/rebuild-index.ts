import { done, ok } from "@moltbot/contracts";
import type { MessageId, Result } from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { memoryOf } from "./memories.ts";
import { memoryIndex } from "./memory-index.ts";
import { messageIndex } from "./message-index.ts";
import { messageOf } from "./messages.ts";
import type { Migration } from "./migrate.ts";
import { searchTables } from "./migrations/0007-search-tables.ts";
import type { SqlValue } from "./query.ts";
import type { MemoryTable, MessageTable, Row } from "./schema.ts";
import { indexQueries } from "./word-queries.ts";

/** The fact that says that the indexes hold everything, and by which rules words were folded. */
export const SEARCH_INDEX_FACT = "search index";
const FOLDING = "1";
const TOGETHER = 200;

type Nothing = Record<never, SqlValue>;

const queries = ({ define, dialect }: Connection) => ({
  mark: define<{ name: string }, { readonly value: string }>(({ db, slot }) =>
    db.selectFrom("facts").select("value").where("name", "=", slot.name),
  ),
  setMark: define<{ name: string; value: string }, unknown>(({ db, slot }) =>
    db
      .insertInto("facts")
      .values({ name: slot.name, value: slot.value })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ value: slot.value })),
  ),
  removeMark: define<{ name: string }, unknown>(({ db, slot }) => db.deleteFrom("facts").where("name", "=", slot.name)),
  places: define<Nothing, unknown>(({ db }) => db.deleteFrom("message_index")),
  messages: define<{ after: string; limit: number }, Row<MessageTable>>(({ db, slot }) =>
    db
      .selectFrom("messages")
      .selectAll()
      .where("id", ">", sql<MessageId>`${slot.after}`)
      .orderBy("id")
      .limit(slot.limit),
  ),
  memories: define<{ after: number; limit: number }, Row<MemoryTable>>(({ db, slot }) =>
    db.selectFrom("memories").selectAll().where("ordinal", ">", slot.after).orderBy("ordinal").limit(slot.limit),
  ),
  ofMessages: indexQueries(define, dialect.words.messages),
  ofMemories: indexQueries(define, dialect.words.memories),
});

/** Makes both search indexes anew from what can be opened. Cut off, it begins again at the next opening. */
export const rebuildIndex = async (
  connection: Connection,
  sealer: ContentSealer,
  gate: Gate,
): Promise<Result<void>> => {
  const query = queries(connection);
  const open = { message: messageOf(sealer), memory: memoryOf(sealer) };
  const index = { messages: messageIndex(connection, sealer), memories: memoryIndex(connection, sealer) };

  /** Goes through a table; `step` returns the place behind which to go on, or null at the end. */
  const through = async <P>(first: P, step: (after: P) => Promise<Result<P | null>>): Promise<Result<void>> => {
    for (let after: P | null = first; after !== null;) {
      const from: P = after;
      const reached: Result<P | null> = await gate.write(() => step(from));
      if (!reached.ok) return reached;
      after = reached.value;
    }
    return done;
  };

  const cleared = await gate.write(async () => {
    await query.removeMark.run(null, { name: SEARCH_INDEX_FACT });
    await query.ofMessages.clear.run(null, {});
    await query.ofMemories.clear.run(null, {});
    await query.places.run(null, {});
    return done;
  });
  if (!cleared.ok) return cleared;
  const messages = await through("", async (after) => {
    const rows = await query.messages.all(null, { after, limit: TOGETHER });
    for (const row of rows) {
      const message = open.message(row);
      // What was erased has no words; anything else that fails is the vault's or the disk's.
      const indexed = message.ok ? await index.messages.indexMessage(row.owner_id, message.value) : done;
      if (!indexed.ok && indexed.error.code !== "CONTENT_UNREADABLE") return indexed;
    }
    return ok(rows.length < TOGETHER ? null : (rows.at(-1)?.id ?? null));
  });
  if (!messages.ok) return messages;
  const memories = await through(-1, async (after) => {
    const rows = await query.memories.all(null, { after, limit: TOGETHER });
    for (const row of rows) {
      const memory = open.memory(row);
      const indexed = memory.ok ? await index.memories.indexMemory(row.ordinal, memory.value) : done;
      if (!indexed.ok && indexed.error.code !== "CONTENT_UNREADABLE") return indexed;
    }
    return ok(rows.length < TOGETHER ? null : (rows.at(-1)?.ordinal ?? null));
  });
  if (!memories.ok) return memories;
  return gate.write(async () => {
    await query.setMark.run(null, { name: SEARCH_INDEX_FACT, value: FOLDING });
    return done;
  });
};

/** Makes the indexes where they are not complete: after an update, a restore, or a rebuilding that was cut off. */
export const completeIndex = async (
  connection: Connection,
  sealer: ContentSealer,
  gate: Gate,
  migrations: readonly Migration[],
): Promise<Result<void>> => {
  if (!migrations.includes(searchTables)) return done;
  const query = queries(connection);
  const mark = await gate.read(async () => ok(await query.mark.one(null, { name: SEARCH_INDEX_FACT })));
  if (!mark.ok) return mark;
  return mark.value?.value === FOLDING ? done : rebuildIndex(connection, sealer, gate);
};
