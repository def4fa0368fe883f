import { CREATE_MESSAGE_WORDS } from "../memory-words.ts";
import type { Migration } from "../migrate.ts";

/** Search over messages; the index is filled by whoever opens the database next. */
export const searchTables: Migration = {
  version: 7,
  name: "search tables",
  statements: (types) => [
    `CREATE INDEX messages_of_conversation ON messages (conversation_id, id)`,
    // The ordinal rises with the time of the message, so the newest are found first without sorting.
    `CREATE TABLE message_index (ordinal INTEGER PRIMARY KEY, message_id TEXT NOT NULL)`,
    ...(types.engine === "sqlite"
      ? [CREATE_MESSAGE_WORDS]
      : [
          // Words as MACs under a person's key.
          `CREATE TABLE word_index (kind TEXT NOT NULL, word_mac ${types.bytes} NOT NULL, ordinal INTEGER NOT NULL, PRIMARY KEY (kind, word_mac, ordinal))`,
          `CREATE INDEX word_index_of_ordinal ON word_index (kind, ordinal)`,
        ]),
  ],
};
