import type { Migration } from "../migrate.ts";

const OWNED = "tenant_id TEXT NOT NULL, owner_id TEXT NOT NULL, audience TEXT NOT NULL";

/** Durable work: jobs, schedules with the account of every time they named, and effects on their way out. */
export const workTables: Migration = {
  version: 5,
  name: "work tables",
  statements: (types) => [
    `CREATE TABLE jobs (ordinal ${types.ordinal}, id TEXT NOT NULL UNIQUE, ${OWNED}, kind TEXT NOT NULL, payload ${types.bytes} NOT NULL, key_mac TEXT, state TEXT NOT NULL, run_at TEXT NOT NULL, attempts INTEGER NOT NULL, most_attempts INTEGER NOT NULL, problem ${types.bytes}, fence INTEGER NOT NULL, lease_until TEXT, lease_holder INTEGER, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (tenant_id, owner_id, key_mac))`,
    `CREATE INDEX jobs_by_state ON jobs (state, run_at, ordinal)`,
    `CREATE TABLE schedules (id TEXT PRIMARY KEY, ${OWNED}, name_mac TEXT NOT NULL, entry ${types.bytes} NOT NULL, kind TEXT NOT NULL, missed TEXT NOT NULL, active INTEGER NOT NULL, next_at TEXT, created_at TEXT NOT NULL, UNIQUE (tenant_id, owner_id, name_mac))`,
    `CREATE INDEX schedules_due ON schedules (active, next_at)`,
    // The engine itself keeps the promise that a time is fired once, whatever a query forgets.
    `CREATE TABLE firings (schedule_id TEXT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE, at TEXT NOT NULL, ${OWNED}, state TEXT NOT NULL, job_id TEXT, settled_at TEXT, problem ${types.bytes}, PRIMARY KEY (schedule_id, at))`,
    `CREATE INDEX firings_of_job ON firings (job_id)`,
    `CREATE TABLE outbox (ordinal ${types.ordinal}, id TEXT NOT NULL UNIQUE, ${OWNED}, conversation_id TEXT, call_id TEXT, kind TEXT NOT NULL, payload ${types.bytes} NOT NULL, repeatable INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, problem ${types.bytes}, holder INTEGER, not_before TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL)`,
    `CREATE INDEX outbox_by_state ON outbox (state, ordinal)`,
    // One effect of a conversation is on its way at a time.
    `CREATE UNIQUE INDEX outbox_sending ON outbox (conversation_id) WHERE state = 'sending'`,
  ],
};
