import { done, ok } from "@moltbot/contracts";
import type { AccessScope, Memory, MemoryRepository, Readers, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { memoryIndex } from "./memory-index.ts";
import { memoryQueries } from "./memory-queries.ts";
import { codeLike, wordsOf } from "./memory-words.ts";
import { notFound } from "./ownership.ts";
import { toJson } from "./schema.ts";
import type { JsonText, MemoryTable, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofMemory } from "./subjects.ts";
import { wordTerms } from "./word-terms.ts";

/** How many of the newest memories are read when words alone cannot answer. */
const SCANNED = 500;

/** What of a memory is sealed. */
type Entry = Pick<Memory, "text" | "label">;

/** Opens a memory's row. */
export const memoryOf = (sealer: ContentSealer): ((row: Row<MemoryTable>) => Result<Memory>) => {
  const entries = entriesOf<Entry>(sealer, "memories");
  return (row) => {
    const entry = entries.open(ofMemory(row.id, row.owner_id), row.id, row.entry);
    if (!entry.ok) return entry;
    return ok({
      id: row.id,
      ownerId: row.owner_id,
      agentId: row.agent_id,
      callId: row.call_id,
      ...entry.value,
      createdAt: row.created_at,
    });
  };
};

/** Memories and their search; the text is sealed under itself and its person, the index holds single words. */
export const memoryRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => MemoryRepository) => {
  const query = memoryQueries(connection);
  const open = memoryOf(sealer);
  const entries = entriesOf<Entry>(sealer, "memories");

  const terms = wordTerms(connection, sealer);
  const index = memoryIndex(connection, sealer);
  const { keyed } = connection.dialect.words;
  /** A memory has no audience: as oneself one sees one's own. */
  const ownersOf = async (scope: AccessScope): Promise<readonly string[]> =>
    scope.reach === "own"
      ? [scope.principalId]
      : (await query.words.owners.all(scope, {})).map(({ owner_id }) => owner_id);

  /** Those of the newest that count at all, the highest count first. */
  const best = async (
    scope: AccessScope,
    audience: JsonText<Readers>,
    count: (memory: Memory) => number,
  ): Promise<Result<readonly Memory[]>> => {
    const newest = mapAll(await query.newestFor.all(scope, { audience, limit: SCANNED }), open);
    if (!newest.ok) return newest;
    return ok(
      newest.value
        .map((memory) => ({ memory, hits: count(memory) }))
        .filter(({ hits }) => hits > 0)
        .toSorted((a, b) => b.hits - a.hits)
        .map(({ memory }) => memory),
    );
  };
  /** Those that hold any of the parts as they stand, most parts first. */
  const containing = (scope: AccessScope, parts: readonly string[], audience: JsonText<Readers>) => {
    const wanted = parts.map((part) => part.toLowerCase());
    return best(scope, audience, ({ text }) => wanted.filter((part) => text.toLowerCase().includes(part)).length);
  };
  const withWords = async (
    scope: AccessScope,
    words: readonly string[],
    audience: JsonText<Readers>,
    limit: number,
  ): Promise<Result<readonly Memory[]>> => {
    if (words.length === 0) return ok([]);
    const owners = keyed ? await ownersOf(scope) : [];
    return mapAll(await query.words.search.all(scope, { terms: terms.any(owners, words), audience, limit }), open);
  };

  const search = async (
    scope: AccessScope,
    text: string,
    limit: number,
    audience: JsonText<Readers>,
  ): Promise<Result<readonly Memory[]>> => {
    const words = wordsOf(text);
    const byWord = await withWords(scope, words, audience, limit);
    if (!byWord.ok) return byWord;
    const exact = codeLike(text);
    const parts = byWord.value.length === 0 ? [...new Set([...exact, ...words])] : exact;
    if (parts.length === 0) return ok(byWord.value.slice(0, limit));
    const asTheyStand = await containing(scope, parts, audience);
    if (!asTheyStand.ok) return asTheyStand;
    // What was written as code must come first when it is there, since its words alone are common.
    const ordered =
      exact.length > 0 ? [...asTheyStand.value, ...byWord.value] : [...byWord.value, ...asTheyStand.value];
    return ok([...new Map(ordered.map((memory) => [memory.id, memory])).values()].slice(0, limit));
  };

  return (gate) => ({
    create: (scope, memory) =>
      gate.write(async () => {
        if (!(await connection.mayOwn(scope, scope.tenantId, memory.ownerId))) return notFound("owner");
        const { text, label } = memory;
        const entry = entries.seal(ofMemory(memory.id, memory.ownerId), memory.id, { text, label });
        if (!entry.ok) return entry;
        const created = await query.create.one(null, {
          id: memory.id,
          tenant_id: scope.tenantId,
          owner_id: memory.ownerId,
          audience: toJson([]),
          agent_id: memory.agentId,
          call_id: memory.callId,
          entry: entry.value,
          readers: toJson(label.readers),
          created_at: memory.createdAt,
        });
        const indexed = created === undefined ? done : await index.indexMemory(created.ordinal, memory);
        if (!indexed.ok) return indexed;
        const stored = await query.ofCall.one(scope, { call: memory.callId });
        return stored === undefined ? notFound("memory") : open(stored);
      }),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? notFound("memory") : open(row);
      }),
    list: (scope, limit) =>
      gate.read(async () => (limit < 1 ? ok([]) : mapAll(await query.newest.all(scope, { limit }), open))),
    remove: (scope, id) =>
      gate.write(async () => {
        const removed = await query.remove.one(scope, { id });
        if (removed === undefined) return notFound("memory");
        await query.words.forget.run(null, { ordinal: removed.ordinal });
        await query.words.purge.run(null, {});
        return done;
      }),
    search: (scope, text, limit, audience) =>
      gate.read(async () => (limit < 1 ? ok([]) : search(scope, text, limit, toJson(audience)))),
  });
};
