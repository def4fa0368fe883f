import type { Migration } from "../migrate.ts";

/** What of the budgets was used by the day, what a token may use, and by which credential a turn came. */
export const usageTables: Migration = {
  version: 13,
  name: "usage",
  statements: (types) => [
    `ALTER TABLE tokens ADD COLUMN tokens_per_day INTEGER`,
    `ALTER TABLE tokens ADD COLUMN money_per_day INTEGER`,
    `ALTER TABLE turns ADD COLUMN came_by TEXT`,
    `CREATE TABLE usage (tenant_id TEXT NOT NULL, owner_id TEXT, audience TEXT NOT NULL, day TEXT NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, unit TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount >= 0), PRIMARY KEY (tenant_id, day, subject_kind, subject_id, unit))`,
    `CREATE INDEX usage_of_owner ON usage (owner_id, day)`,
    `CREATE TABLE usage_begun (ordinal ${types.ordinal}, holder INTEGER NOT NULL, entries TEXT NOT NULL)`,
  ],
};
