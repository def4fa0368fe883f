import type { Migration } from "../migrate.ts";

const OWNED = "tenant_id TEXT NOT NULL, owner_id TEXT NOT NULL, audience TEXT NOT NULL";
const IN_CONVERSATION = "conversation_id TEXT NOT NULL REFERENCES conversations (id)";

/** Plans and who took their steps, trusted directories, and how an agent reads. */
export const planTables: Migration = {
  version: 3,
  name: "plan tables",
  statements: (types) => [
    `CREATE TABLE plans (ordinal ${types.ordinal}, id TEXT NOT NULL UNIQUE, ${OWNED}, ${IN_CONVERSATION}, turn_id TEXT NOT NULL, agent_id TEXT NOT NULL, steps INTEGER NOT NULL, plan ${types.bytes} NOT NULL, committed_at TEXT NOT NULL, expires_at TEXT NOT NULL)`,
    `CREATE INDEX plans_of_turn ON plans (turn_id, ordinal)`,
    // The engine itself keeps the promise of one call per step, whatever a query forgets.
    `CREATE TABLE plan_steps (plan_id TEXT NOT NULL REFERENCES plans (id), step INTEGER NOT NULL, call_id TEXT NOT NULL, ${OWNED}, PRIMARY KEY (plan_id, step))`,
    `CREATE TABLE contacts (id TEXT PRIMARY KEY, ${OWNED}, kind TEXT NOT NULL, address_mac TEXT NOT NULL, entry ${types.bytes} NOT NULL, confirmed_at TEXT NOT NULL, UNIQUE (tenant_id, owner_id, address_mac))`,
    `ALTER TABLE agents ADD COLUMN reading TEXT NOT NULL DEFAULT 'auto'`,
  ],
};
