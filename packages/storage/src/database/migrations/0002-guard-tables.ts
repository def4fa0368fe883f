import type { Migration } from "../migrate.ts";

const OWNED = "tenant_id TEXT NOT NULL, owner_id TEXT NOT NULL, audience TEXT NOT NULL";
const IN_CONVERSATION = "conversation_id TEXT NOT NULL REFERENCES conversations (id)";
/** What a turn is without a label of its own: nobody's word, and nobody's to know. */
const UNKNOWN_LABEL = `'{"integrity":"untrusted","readers":[],"sources":[]}'`;

/** Decisions, what grants were used for, stops, labels of files and of turns, and edited calls. */
export const guardTables: Migration = {
  version: 2,
  name: "guard tables",
  statements: (types) => [
    `CREATE TABLE decisions (ordinal ${types.ordinal}, id TEXT NOT NULL UNIQUE, ${OWNED}, ${IN_CONVERSATION}, turn_id TEXT NOT NULL, call_id TEXT NOT NULL, agent_id TEXT NOT NULL, tool TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, rule TEXT NOT NULL, code TEXT, input ${types.bytes} NOT NULL)`,
    `CREATE INDEX decisions_of_call ON decisions (call_id)`,
    `CREATE INDEX decisions_of_agent ON decisions (agent_id, tool, ordinal)`,
    `CREATE INDEX decisions_by_time ON decisions (at, ordinal)`,
    `CREATE TABLE capability_uses (capability_id TEXT NOT NULL REFERENCES capabilities (id), call_id TEXT NOT NULL, ${OWNED}, at TEXT NOT NULL, bytes INTEGER NOT NULL, amounts TEXT NOT NULL, PRIMARY KEY (capability_id, call_id))`,
    `CREATE INDEX capability_uses_by_time ON capability_uses (capability_id, at)`,
    // The sums over the uses, so that a decision does not read them all.
    `ALTER TABLE capabilities ADD COLUMN used_count INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE capabilities ADD COLUMN used_bytes INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE capabilities ADD COLUMN used_amounts TEXT NOT NULL DEFAULT '{}'`,
    `CREATE TABLE stops (id TEXT PRIMARY KEY, ${OWNED}, surface TEXT NOT NULL, reason ${types.bytes}, epoch INTEGER NOT NULL, at TEXT NOT NULL, resumed_at TEXT, resumed_by TEXT)`,
    // The engine itself keeps the promise of one stop in force per tenant, whatever a query forgets.
    `CREATE UNIQUE INDEX stops_in_force ON stops (tenant_id) WHERE resumed_at IS NULL`,
    `CREATE TABLE file_labels (${OWNED}, content TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (tenant_id, owner_id, content))`,
    `CREATE INDEX file_labels_of_content ON file_labels (content)`,
    // A code of which nobody knows where it was made proves nothing.
    `ALTER TABLE sign_in_links ADD COLUMN strong INTEGER NOT NULL DEFAULT 0`,
    `ALTER TABLE approvals ADD COLUMN edited ${types.bytes}`,
    `CREATE INDEX approvals_by_time ON approvals (created_at)`,
    `CREATE INDEX calls_of_agent ON calls (agent_id, updated_at)`,
    `ALTER TABLE turns ADD COLUMN label TEXT NOT NULL DEFAULT ${UNKNOWN_LABEL}`,
    // The message that began a turn says how far it is trusted; without one it is not, and its owner alone may know it. PostgreSQL came later: it
    // never had a turn without a label.
    ...(types.engine === "sqlite"
      ? [
          `UPDATE turns SET label = coalesce((SELECT messages.label FROM messages WHERE messages.id = turns.user_message_id AND messages.conversation_id = turns.conversation_id), json_object('integrity', 'untrusted', 'readers', json_array(turns.owner_id), 'sources', json_array()))`,
        ]
      : []),
  ],
};
