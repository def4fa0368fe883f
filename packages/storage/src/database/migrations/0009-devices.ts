import type { Migration } from "../migrate.ts";

const OWNED = "tenant_id TEXT NOT NULL, owner_id TEXT NOT NULL, audience TEXT NOT NULL";

/** Paired devices, and what tokens and sessions are limited by. */
export const deviceTables: Migration = {
  version: 9,
  name: "devices",
  statements: (types) => [
    `ALTER TABLE tokens ADD COLUMN scopes TEXT`,
    `ALTER TABLE tokens ADD COLUMN integrity TEXT NOT NULL DEFAULT 'authority'`,
    `ALTER TABLE tokens ADD COLUMN last_used_at TEXT`,
    `ALTER TABLE sessions ADD COLUMN idle_until TEXT NOT NULL DEFAULT ''`,
    `ALTER TABLE sessions ADD COLUMN last_seen_at TEXT`,
    `UPDATE sessions SET idle_until = expires_at`,
    `CREATE INDEX tokens_of_owner ON tokens (owner_id)`,
    `CREATE INDEX sessions_of_owner ON sessions (owner_id)`,
    `CREATE TABLE devices (id TEXT PRIMARY KEY, ${OWNED}, thumbprint TEXT NOT NULL, entry ${types.bytes} NOT NULL, refresh_verifier TEXT NOT NULL UNIQUE, previous_verifier TEXT, rotated_at TEXT, paired_at TEXT NOT NULL, last_seen_at TEXT, idle_until TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT)`,
    `CREATE INDEX devices_of_owner ON devices (owner_id)`,
    `CREATE TABLE spent_refreshes (verifier TEXT PRIMARY KEY, ${OWNED}, device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE)`,
    `CREATE INDEX spent_refreshes_of_device ON spent_refreshes (device_id)`,
    `CREATE TABLE pairings (verifier TEXT PRIMARY KEY, ${OWNED}, expires_at TEXT NOT NULL, used_at TEXT)`,
  ],
};
