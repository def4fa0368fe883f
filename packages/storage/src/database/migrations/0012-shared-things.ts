import type { Migration } from "../migrate.ts";

const OWNED = "tenant_id TEXT NOT NULL, owner_id TEXT NOT NULL, audience TEXT NOT NULL";

/** Prompts, and shares of prompts, secrets and conversations. */
export const sharedThings: Migration = {
  version: 12,
  name: "shared things",
  statements: (types) => [
    // The engine itself keeps it: a conversation is shared with persons, to be read, as far as one message, and in no other way.
    `ALTER TABLE shares ADD COLUMN up_to TEXT CHECK (CASE object_type WHEN 'conversation' THEN up_to IS NOT NULL AND grantee_kind = 'person' AND effect = 'allow' AND can_use = 1 AND can_edit = 0 AND can_delete = 0 ELSE up_to IS NULL END)`,
    `CREATE TABLE prompts (id TEXT PRIMARY KEY, ${OWNED}, entry ${types.bytes} NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL)`,
    `CREATE INDEX prompts_of_owner ON prompts (owner_id)`,
  ],
};
