import type { Migration } from "../migrate.ts";

/** Roles of the house's own. */
export const ownRoles: Migration = {
  version: 11,
  name: "own roles",
  statements: (types) => [
    `CREATE TABLE roles (id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, name_mac TEXT NOT NULL, entry ${types.bytes} NOT NULL, base TEXT NOT NULL, operations TEXT NOT NULL, created_at TEXT NOT NULL, UNIQUE (tenant_id, name_mac))`,
    // The engine itself keeps the promise that nothing narrows the owner, whatever a query forgets.
    `ALTER TABLE principals ADD COLUMN own_role_id TEXT REFERENCES roles (id) CHECK (own_role_id IS NULL OR role <> 'owner')`,
    `CREATE INDEX principals_of_role ON principals (own_role_id)`,
  ],
};
