import { done } from "@moltbot/contracts";
import type { Memory, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection } from "./connection.ts";
import { foldedWords } from "./memory-words.ts";
import { indexQueries } from "./word-queries.ts";
import { wordTerms } from "./word-terms.ts";

/** The index over memories as repositories use it; inside a step of a gate. */
export interface MemoryIndex {
  /** Puts a memory that is stored at this ordinal into the index. */
  indexMemory(ordinal: number, memory: Pick<Memory, "ownerId" | "text">): Promise<Result<void>>;
}

export const memoryIndex = (connection: Connection, sealer: ContentSealer): MemoryIndex => {
  const query = indexQueries(connection.define, connection.dialect.words.memories);
  const terms = wordTerms(connection, sealer);
  return {
    indexMemory: async (ordinal, { ownerId, text }) => {
      const stored = terms.stored(ownerId, foldedWords(text));
      if (!stored.ok) return stored;
      await query.index.run(null, { ordinal, terms: stored.value });
      return done;
    },
  };
};
