import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection } from "./connection.ts";
import { toJson } from "./schema.ts";
import { ofPerson } from "./subjects.ts";

export interface AllTerms {
  readonly terms: string;
  readonly count: number;
}

/** Words as an index of this engine keeps and finds them. */
export interface WordTerms {
  /** What is stored for a text with these words; a person's key is made where it is needed. */
  stored(ownerId: string, words: Iterable<string>): Result<string>;
  /** What finds texts of this owner that have all of it, and of how many terms it is; null where nothing could. */
  all(ownerId: string, words: readonly string[], prefixes: readonly string[]): AllTerms | null;
  /** What finds texts of these owners that have any of the words. */
  any(ownerIds: readonly string[], words: readonly string[]): string;
}

const PURPOSE = "search word";
/** 8 bytes: among a million words of a person two meet once in 40 million times; what was found is read anyway. */
const MAC_HEX = 16;
/** A longer word is found by its beginning; what was found is read anyway. */
const LONGEST = 64;
/** A letter as far as the index is concerned, and in no word: places share the index with words and meet none. */
const PLACE = "§";

/** The term of everything that is in a conversation. */
export const termOfConversation = (id: string): string => `${PLACE}${id.replaceAll("-", "")}`;

const termOf = (word: string): string => word.slice(0, LONGEST);
const distinct = (words: Iterable<string>): readonly string[] => [...new Set(Array.from(words, termOf))].toSorted();
/** Quoted, `AND`, `NEAR` and `*` are only words. */
const quoted = (term: string): string => `"${term}"`;
/** A question for any of the words, in the language of SQLite's index. */
export const anyOf = (words: readonly string[]): string => words.map(quoted).join(" OR ");

export const wordTerms = (connection: Connection, sealer: ContentSealer): WordTerms => {
  const macsOf = (ownerId: string, terms: readonly string[]): Result<readonly string[]> => {
    const macs: string[] = [];
    for (const term of terms) {
      const mac = sealer.mac(ofPerson(ownerId), PURPOSE, term);
      if (!mac.ok) return mac;
      macs.push(mac.value.slice(0, MAC_HEX));
    }
    return ok(macs);
  };
  if (connection.dialect.words.keyed)
    return {
      stored: (ownerId, words) => {
        const ready = sealer.prepare(ofPerson(ownerId));
        if (!ready.ok) return ready;
        const macs = macsOf(ownerId, distinct(words));
        return macs.ok ? ok(toJson(macs.value)) : macs;
      },
      all: (ownerId, words, prefixes) => {
        if (prefixes.length > 0) return null;
        // Long words are rare: the engine begins with the first.
        const macs = macsOf(
          ownerId,
          distinct(words).toSorted((a, b) => b.length - a.length),
        );
        return macs.ok && macs.value.length > 0 ? { terms: toJson(macs.value), count: macs.value.length } : null;
      },
      any: (ownerIds, words) =>
        toJson(
          ownerIds.flatMap((ownerId) => {
            const macs = macsOf(ownerId, distinct(words));
            return macs.ok ? macs.value : [];
          }),
        ),
    };
  return {
    // In the order of the alphabet, so the order of the text is not kept.
    stored: (_ownerId, words) => ok(Array.from(words, termOf).toSorted().join(" ")),
    all: (_ownerId, words, prefixes) => {
      const asked = [...distinct(words).map(quoted), ...distinct(prefixes).map((prefix) => `${quoted(prefix)} *`)];
      return asked.length === 0 ? null : { terms: asked.join(" AND "), count: asked.length };
    },
    any: (_ownerIds, words) => anyOf(distinct(words)),
  };
};
