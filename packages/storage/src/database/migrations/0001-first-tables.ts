import { CREATE_MEMORY_WORDS } from "../memory-words.ts";
import type { Migration } from "../migrate.ts";

const OWNED = "tenant_id TEXT NOT NULL, owner_id TEXT NOT NULL, audience TEXT NOT NULL";
const IN_CONVERSATION = "conversation_id TEXT NOT NULL REFERENCES conversations (id)";

/** Everything a session needs; times are RFC 3339 text, JSON is text, content is sealed bytes. */
export const firstTables: Migration = {
  version: 1,
  name: "first tables",
  statements: (types) => [
    `CREATE TABLE principals (id TEXT PRIMARY KEY, ${OWNED}, ordinal INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, created_at TEXT NOT NULL)`,
    `CREATE TABLE tokens (id TEXT PRIMARY KEY, ${OWNED}, role TEXT NOT NULL, name TEXT NOT NULL, verifier TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT, FOREIGN KEY (owner_id) REFERENCES principals (id))`,
    `CREATE TABLE sessions (id TEXT PRIMARY KEY, ${OWNED}, verifier TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT, FOREIGN KEY (owner_id) REFERENCES principals (id))`,
    `CREATE TABLE sign_in_links (verifier TEXT PRIMARY KEY, ${OWNED}, expires_at TEXT NOT NULL, used_at TEXT, FOREIGN KEY (owner_id) REFERENCES principals (id))`,
    `CREATE TABLE agents (id TEXT PRIMARY KEY, ${OWNED}, name TEXT NOT NULL, model TEXT NOT NULL, capabilities TEXT NOT NULL, created_at TEXT NOT NULL)`,
    `CREATE TABLE conversations (id TEXT PRIMARY KEY, ${OWNED}, agent_id TEXT NOT NULL, title ${types.bytes} NOT NULL, heads TEXT NOT NULL, active_head TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL)`,
    `CREATE INDEX conversations_of_owner ON conversations (owner_id, agent_id, created_at)`,
    `CREATE INDEX conversations_of_tenant ON conversations (tenant_id, updated_at)`,
    `CREATE TABLE messages (id TEXT PRIMARY KEY, ${OWNED}, ${IN_CONVERSATION}, parent_id TEXT REFERENCES messages (id), role TEXT NOT NULL, author TEXT NOT NULL, turn_id TEXT, parts ${types.bytes} NOT NULL, label TEXT NOT NULL, state TEXT NOT NULL, model TEXT NOT NULL, created_at TEXT NOT NULL)`,
    `CREATE TABLE approvals (id TEXT PRIMARY KEY, ${OWNED}, ${IN_CONVERSATION}, turn_id TEXT NOT NULL, call_id TEXT NOT NULL, agent_id TEXT NOT NULL, digest TEXT NOT NULL, question ${types.bytes} NOT NULL, label TEXT NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT NOT NULL, answered_by TEXT, answered_at TEXT, scope TEXT, reason ${types.bytes})`,
    `CREATE INDEX approvals_of_turn ON approvals (turn_id)`,
    `CREATE INDEX approvals_by_state ON approvals (state, expires_at)`,
    `CREATE TABLE capabilities (id TEXT PRIMARY KEY, ${OWNED}, holder TEXT NOT NULL, tool TEXT NOT NULL, grant_json TEXT NOT NULL, expires_at TEXT NOT NULL, parent TEXT, epoch INTEGER NOT NULL, issued_by TEXT NOT NULL, issued_at TEXT NOT NULL, revoked_at TEXT)`,
    `CREATE INDEX capabilities_of_holder ON capabilities (holder, revoked_at)`,
    `CREATE TABLE epochs (tenant_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL)`,
    `CREATE TABLE calls (call_id TEXT PRIMARY KEY, ${OWNED}, turn_id TEXT NOT NULL, ${IN_CONVERSATION}, agent_id TEXT NOT NULL, tool TEXT NOT NULL, call_digest TEXT NOT NULL, state TEXT NOT NULL, updated_at TEXT NOT NULL)`,
    `CREATE INDEX calls_of_turn ON calls (turn_id)`,
    `CREATE TABLE reminders (id TEXT PRIMARY KEY, ${OWNED}, agent_id TEXT NOT NULL, ${IN_CONVERSATION}, call_id TEXT NOT NULL UNIQUE, text ${types.bytes} NOT NULL, due_at TEXT NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL, fired_at TEXT, label TEXT NOT NULL)`,
    `CREATE INDEX reminders_due ON reminders (state, due_at)`,
    `CREATE TABLE memories (ordinal ${types.ordinal}, id TEXT NOT NULL UNIQUE, ${OWNED}, agent_id TEXT NOT NULL, call_id TEXT NOT NULL UNIQUE, text ${types.bytes} NOT NULL, label TEXT NOT NULL, created_at TEXT NOT NULL)`,
    ...(types.engine === "sqlite" ? [CREATE_MEMORY_WORDS] : []),
    `CREATE TABLE turns (ordinal ${types.ordinal}, id TEXT NOT NULL UNIQUE, ${OWNED}, idempotency_key TEXT, ${IN_CONVERSATION}, agent_id TEXT NOT NULL, authority TEXT NOT NULL, user_message_id TEXT NOT NULL, state TEXT NOT NULL, steps INTEGER NOT NULL, attempts INTEGER NOT NULL, waiting_for TEXT NOT NULL, ending TEXT NOT NULL, fence INTEGER NOT NULL, lease_until TEXT, lease_holder INTEGER, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (tenant_id, owner_id, idempotency_key))`,
    `CREATE INDEX turns_by_state ON turns (state, ordinal)`,
    // The engine itself keeps the promise of one running turn per conversation, whatever a query forgets.
    `CREATE UNIQUE INDEX turns_running ON turns (conversation_id) WHERE state = 'running'`,
    `CREATE INDEX turns_of_conversation ON turns (conversation_id, ordinal)`,
    `CREATE TABLE audit_details (sequence INTEGER PRIMARY KEY, leaf TEXT NOT NULL, subject TEXT NOT NULL, sealed ${types.bytes})`,
  ],
};
