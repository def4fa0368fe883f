import type { CallId, MemoryId, Readers } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";
import type { Dialect, WordIndex } from "./dialect.ts";
import type { DefineQuery, SqlValue } from "./query.ts";
import { indexQueries } from "./word-queries.ts";
import type { JsonText, MemoryTable, Row } from "./schema.ts";

/** The statements on the index of words. */
const wordQueries = (define: DefineQuery, dialect: Dialect, words: WordIndex) => ({
  ...indexQueries(define, words),
  search: define<{ terms: string; audience: JsonText<Readers>; limit: number }, Row<MemoryTable>>(
    ({ db, slot, visible }) =>
      db
        .selectFrom(words.ranked(slot.terms).as("matching"))
        .innerJoin("memories", "memories.ordinal", "matching.ordinal")
        .selectAll("memories")
        .where(visible("memories"))
        .where(dialect.readersReach(sql.ref("memories.readers"), slot.audience))
        .orderBy("matching.rank")
        .orderBy("memories.ordinal", "desc")
        .limit(slot.limit),
  ),
  owners: define<Record<never, SqlValue>, Pick<Row<MemoryTable>, "owner_id">>(({ db, visible }) =>
    db.selectFrom("memories").select("owner_id").distinct().where(visible("memories")),
  ),
});

/** The statements on memories and their words. */
export const memoryQueries = ({ define, dialect }: Connection) => ({
  create: define<Omit<MemoryTable, "ordinal">, { readonly ordinal: number }>(({ db, slot }) =>
    db
      .insertInto("memories")
      .values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        agent_id: slot.agent_id,
        call_id: slot.call_id,
        entry: slot.entry,
        readers: slot.readers,
        created_at: slot.created_at,
      })
      .onConflict((conflict) => conflict.column("call_id").doNothing())
      .returning("ordinal"),
  ),
  find: define<{ id: MemoryId }, Row<MemoryTable>>(({ db, slot, visible }) =>
    db.selectFrom("memories").selectAll().where("id", "=", slot.id).where(visible("memories")),
  ),
  remove: define<{ id: MemoryId }, { readonly ordinal: number }>(({ db, slot, visible }) =>
    db.deleteFrom("memories").where("id", "=", slot.id).where(visible("memories")).returning("ordinal"),
  ),
  ofCall: define<{ call: CallId }, Row<MemoryTable>>(({ db, slot, visible }) =>
    db.selectFrom("memories").selectAll().where("call_id", "=", slot.call).where(visible("memories")),
  ),
  newest: define<{ limit: number }, Row<MemoryTable>>(({ db, slot, visible }) =>
    db.selectFrom("memories").selectAll().where(visible("memories")).orderBy("ordinal", "desc").limit(slot.limit),
  ),
  newestFor: define<{ audience: JsonText<Readers>; limit: number }, Row<MemoryTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("memories")
      .selectAll()
      .where(visible("memories"))
      .where(dialect.readersReach(sql.ref("memories.readers"), slot.audience))
      .orderBy("ordinal", "desc")
      .limit(slot.limit),
  ),
  words: wordQueries(define, dialect, dialect.words.memories),
});
