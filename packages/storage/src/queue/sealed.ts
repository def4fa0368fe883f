import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ConversationId, JsonObject, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";

/** Whose keys seal a piece of work: its owner's, and its conversation's where it has one. */
export const subjectsOf = (ownerId: string, conversationId: ConversationId | null = null): readonly string[] =>
  conversationId === null ? [`person:${ownerId}`] : [`conversation:${conversationId}`, `person:${ownerId}`];

/** The name of the problem beside the record's own: two sealed texts of one row must not stand in for each other. */
const problemOf = (recordId: string): string => `${recordId}:problem`;

/** Seals and opens the two texts of a piece of work. */
export interface WorkSeal {
  seal(subjects: readonly string[], recordId: string, value: unknown): Result<Uint8Array>;
  open<T = JsonObject>(subjects: readonly string[], recordId: string, sealed: Uint8Array): Result<T>;
  sealProblem(subjects: readonly string[], recordId: string, problem: string | null): Result<Uint8Array | null>;
  openProblem(subjects: readonly string[], recordId: string, sealed: Uint8Array | null): Result<string | null>;
  mac(subjects: readonly string[], purpose: string, text: string): Result<string>;
}

export const workSeal = (sealer: ContentSealer): WorkSeal => ({
  seal: (subjects, recordId, value) => sealer.seal(subjects, recordId, JSON.stringify(value)),
  open: <T>(subjects: readonly string[], recordId: string, sealed: Uint8Array): Result<T> => {
    const text = sealer.open(subjects, recordId, sealed);
    return text.ok ? ok(JSON.parse(text.value) as T) : text; // sealed by `seal` under this record's id
  },
  sealProblem: (subjects, recordId, problem) =>
    problem === null ? ok(null) : sealer.seal(subjects, problemOf(recordId), problem),
  openProblem: (subjects, recordId, sealed) =>
    sealed === null ? ok(null) : sealer.open(subjects, problemOf(recordId), sealed),
  mac: (subjects, purpose, text) => sealer.mac(subjects, purpose, text),
});

/** Nobody but the owner, as the column holds it. */
export const NOBODY_ELSE = "[]";

/** The answer for what does not exist and for what the scope may not see. */
export const notFound = (kind: string): Result<never> => err(moltbotError("NOT_FOUND", { kind }));

/** Maps every row, or returns the first failure. */
export const every = <R, T>(rows: readonly R[], map: (row: R) => Result<T>): Result<readonly T[]> => {
  const mapped: T[] = [];
  for (const row of rows) {
    const one = map(row);
    if (!one.ok) return one;
    mapped.push(one.value);
  }
  return ok(mapped);
};
