import type { Migration } from "../migrate.ts";

const OWNED = "tenant_id TEXT NOT NULL, owner_id TEXT NOT NULL, audience TEXT NOT NULL";
const IN_CONVERSATION = "conversation_id TEXT NOT NULL REFERENCES conversations (id)";

/** Files of conversations, what erasures did, and the copies that were made. */
export const privacyTables: Migration = {
  version: 6,
  name: "privacy tables",
  statements: (types) => [
    // The engine itself keeps the promise that a conversation has a content once, whatever a query forgets.
    `CREATE TABLE attachments (id TEXT PRIMARY KEY, ${OWNED}, ${IN_CONVERSATION}, address TEXT NOT NULL, bytes INTEGER NOT NULL, entry ${types.bytes} NOT NULL, created_at TEXT NOT NULL, UNIQUE (conversation_id, address))`,
    `CREATE INDEX attachments_of_owner ON attachments (owner_id)`,
    `CREATE INDEX attachments_at_address ON attachments (address)`,
    `CREATE TABLE erasures (id TEXT PRIMARY KEY, ${OWNED}, at TEXT NOT NULL, generation INTEGER NOT NULL, certificate ${types.bytes} NOT NULL)`,
    `CREATE TABLE copies (id TEXT PRIMARY KEY, ${OWNED}, kind TEXT NOT NULL, at TEXT NOT NULL, bytes INTEGER NOT NULL, row_count INTEGER NOT NULL, generation INTEGER NOT NULL, place ${types.bytes} NOT NULL)`,
  ],
};
