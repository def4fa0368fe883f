import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { fromJson, toJson } from "./schema.ts";
import type { JsonText } from "./schema.ts";

/** All of one table's rows that is content or a name, sealed as one text for each row. */
export interface Entries<T> {
  /** Seals the entry of the row with this id under the keys of all its subjects. */
  seal(subjects: readonly string[], id: string, entry: T): Result<Uint8Array>;
  /** CONTENT_UNREADABLE for what another row, another table or other subjects sealed, and once a subject was erased. */
  open(subjects: readonly string[], id: string, sealed: Uint8Array): Result<T>;
}

/** The entries of a table; its name is bound with the id, so that no row's entry can stand in for another's. */
export const entriesOf = <T>(sealer: ContentSealer, table: string): Entries<T> => ({
  seal: (subjects, id, entry) => sealer.seal(subjects, `${table}/${id}`, toJson(entry)),
  open: (subjects, id, sealed) => {
    const text = sealer.open(subjects, `${table}/${id}`, sealed);
    return text.ok ? ok(fromJson(text.value as JsonText<T>)) : text; // sealed by `seal` for this very table and row
  },
});
