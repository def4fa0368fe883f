import { done, ok } from "@moltbot/contracts";
import type { AccessScope, CallId, Memory, MemoryId, MemoryRepository, Readers, Result } from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import { labelReaches } from "./dialect-sqlite.ts";
import type { Gate } from "./gate.ts";
import {
  anyOf,
  codeLike,
  foldedWords,
  insertWords,
  matchingWords,
  purgeWords,
  removeWords,
  wordsOf,
} from "./memory-words.ts";
import { notFound } from "./ownership.ts";
import type { SqlValue } from "./query.ts";
import { fromJson, toJson } from "./schema.ts";
import type { JsonText, MemoryTable, Row } from "./schema.ts";
import { ofPerson } from "./subjects.ts";

/** How many of the newest memories are read when words alone cannot answer. */
const SCANNED = 500;

/** Opens a memory's row. */
export const memoryOf =
  (sealer: ContentSealer) =>
  (row: Row<MemoryTable>): Result<Memory> => {
    const text = sealer.open(ofPerson(row.owner_id), row.id, row.text);
    if (!text.ok) return text;
    return ok({
      id: row.id,
      ownerId: row.owner_id,
      agentId: row.agent_id,
      callId: row.call_id,
      text: text.value,
      label: fromJson(row.label),
      createdAt: row.created_at,
    });
  };

const queries = ({ define }: Connection) => ({
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
        text: slot.text,
        label: slot.label,
        created_at: slot.created_at,
      })
      .onConflict((conflict) => conflict.column("call_id").doNothing())
      .returning("ordinal"),
  ),
  index: define<{ ordinal: number; text: string }, unknown>(({ db, slot }) => ({
    compile: () => insertWords(slot.ordinal, slot.text).compile(db) as never, // a raw statement returns no rows
  })),
  find: define<{ id: MemoryId }, Row<MemoryTable>>(({ db, slot, visible }) =>
    db.selectFrom("memories").selectAll().where("id", "=", slot.id).where(visible("memories")),
  ),
  remove: define<{ id: MemoryId }, { readonly ordinal: number }>(({ db, slot, visible }) =>
    db.deleteFrom("memories").where("id", "=", slot.id).where(visible("memories")).returning("ordinal"),
  ),
  forget: define<{ ordinal: number }, unknown>(({ db, slot }) => ({
    compile: () => removeWords(slot.ordinal).compile(db) as never, // a raw statement returns no rows
  })),
  purge: define<Record<never, SqlValue>, unknown>(({ db }) => ({
    compile: () => purgeWords().compile(db) as never, // a raw statement returns no rows
  })),
  ofCall: define<{ call: CallId }, Row<MemoryTable>>(({ db, slot, visible }) =>
    db.selectFrom("memories").selectAll().where("call_id", "=", slot.call).where(visible("memories")),
  ),
  search: define<{ query: string; audience: JsonText<Readers>; limit: number }, Row<MemoryTable>>(
    ({ db, slot, visible }) =>
      db
        .selectFrom(matchingWords(slot.query).as("matching"))
        .innerJoin("memories", "memories.ordinal", "matching.ordinal")
        .selectAll("memories")
        .where(visible("memories"))
        .where(labelReaches(sql.ref("memories.label"), slot.audience))
        .orderBy("matching.rank")
        .orderBy("memories.ordinal", "desc")
        .limit(slot.limit),
  ),
  newest: define<{ limit: number }, Row<MemoryTable>>(({ db, slot, visible }) =>
    db.selectFrom("memories").selectAll().where(visible("memories")).orderBy("ordinal", "desc").limit(slot.limit),
  ),
  newestFor: define<{ audience: JsonText<Readers>; limit: number }, Row<MemoryTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("memories")
      .selectAll()
      .where(visible("memories"))
      .where(labelReaches(sql.ref("memories.label"), slot.audience))
      .orderBy("ordinal", "desc")
      .limit(slot.limit),
  ),
});

/** Memories and their search; the text is sealed under its person, the index holds single words. */
export const memoryRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => MemoryRepository) => {
  const query = queries(connection);
  const open = memoryOf(sealer);

  /** Those of the newest that hold any of the parts as they stand, most parts first. */
  const containing = (
    scope: AccessScope,
    parts: readonly string[],
    audience: JsonText<Readers>,
  ): Result<readonly Memory[]> => {
    const newest = mapAll(query.newestFor.all(scope, { audience, limit: SCANNED }), open);
    if (!newest.ok) return newest;
    const wanted = parts.map((part) => part.toLowerCase());
    return ok(
      newest.value
        .map((memory) => ({ memory, hits: wanted.filter((part) => memory.text.toLowerCase().includes(part)).length }))
        .filter(({ hits }) => hits > 0)
        .toSorted((a, b) => b.hits - a.hits)
        .map(({ memory }) => memory),
    );
  };

  const search = (
    scope: AccessScope,
    text: string,
    limit: number,
    audience: JsonText<Readers>,
  ): Result<readonly Memory[]> => {
    const words = wordsOf(text);
    const byWord =
      words.length === 0 ? ok([]) : mapAll(query.search.all(scope, { query: anyOf(words), audience, limit }), open);
    if (!byWord.ok) return byWord;
    const exact = codeLike(text);
    const parts = byWord.value.length === 0 ? [...new Set([...exact, ...words])] : exact;
    if (parts.length === 0) return byWord;
    const asTheyStand = containing(scope, parts, audience);
    if (!asTheyStand.ok) return asTheyStand;
    // What was written as code must come first when it is there, since its words alone are common.
    const ordered =
      exact.length > 0 ? [...asTheyStand.value, ...byWord.value] : [...byWord.value, ...asTheyStand.value];
    return ok([...new Map(ordered.map((memory) => [memory.id, memory])).values()].slice(0, limit));
  };

  return (gate) => ({
    create: (scope, memory) =>
      gate.write(() => {
        if (!connection.mayOwn(scope, scope.tenantId, memory.ownerId)) return notFound("owner");
        const text = sealer.seal(ofPerson(memory.ownerId), memory.id, memory.text);
        if (!text.ok) return text;
        const created = query.create.one(null, {
          id: memory.id,
          tenant_id: scope.tenantId,
          owner_id: memory.ownerId,
          audience: toJson([]),
          agent_id: memory.agentId,
          call_id: memory.callId,
          text: text.value,
          label: toJson(memory.label),
          created_at: memory.createdAt,
        });
        if (created !== undefined)
          query.index.run(null, { ordinal: created.ordinal, text: foldedWords(memory.text).toSorted().join(" ") });
        const stored = query.ofCall.one(scope, { call: memory.callId });
        return stored === undefined ? notFound("memory") : open(stored);
      }),
    find: (scope, id) =>
      gate.read(() => {
        const row = query.find.one(scope, { id });
        return row === undefined ? notFound("memory") : open(row);
      }),
    list: (scope, limit) => gate.read(() => (limit < 1 ? ok([]) : mapAll(query.newest.all(scope, { limit }), open))),
    remove: (scope, id) =>
      gate.write(() => {
        const removed = query.remove.one(scope, { id });
        if (removed === undefined) return notFound("memory");
        query.forget.run(null, { ordinal: removed.ordinal });
        query.purge.run(null, {});
        return done;
      }),
    search: (scope, text, limit, audience) =>
      gate.read(() => (limit < 1 ? ok([]) : search(scope, text, limit, toJson(audience)))),
  });
};
