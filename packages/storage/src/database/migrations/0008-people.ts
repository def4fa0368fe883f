import type { Migration } from "../migrate.ts";

const OWNED = "tenant_id TEXT NOT NULL, owner_id TEXT NOT NULL, audience TEXT NOT NULL";

/** Where people stand, teams, and what is shared with whom. */
export const peopleTables: Migration = {
  version: 8,
  name: "people",
  statements: (types) => [
    `ALTER TABLE principals ADD COLUMN state TEXT NOT NULL DEFAULT 'active'`,
    // Erased: a nameless row.
    `UPDATE principals SET state = 'left' WHERE length(entry) = 0`,
    `UPDATE principals SET role = 'admin' WHERE role = 'owner' AND EXISTS (SELECT 1 FROM principals AS earlier WHERE earlier.tenant_id = principals.tenant_id AND earlier.role = 'owner' AND earlier.ordinal < principals.ordinal)`,
    // The engine itself keeps the promise of one owner in a tenant, whatever a query forgets.
    `CREATE UNIQUE INDEX principals_owner ON principals (tenant_id) WHERE role = 'owner'`,
    `CREATE INDEX principals_of_tenant ON principals (tenant_id, ordinal)`,
    `CREATE INDEX agents_of_owner ON agents (owner_id)`,
    `CREATE TABLE teams (id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, entry ${types.bytes} NOT NULL, created_at TEXT NOT NULL)`,
    `CREATE TABLE team_members (team_id TEXT NOT NULL REFERENCES teams (id), person_id TEXT NOT NULL REFERENCES principals (id), tenant_id TEXT NOT NULL, PRIMARY KEY (team_id, person_id))`,
    `CREATE INDEX team_members_of_person ON team_members (person_id, team_id)`,
    // Of everyone the grantee's id is the tenant's. One row for each object, effect and grantee: a later one takes its place.
    `CREATE TABLE shares (id TEXT PRIMARY KEY, ${OWNED}, object_type TEXT NOT NULL, object_id TEXT NOT NULL, effect TEXT NOT NULL, grantee_kind TEXT NOT NULL, grantee_id TEXT NOT NULL, can_use INTEGER NOT NULL, can_edit INTEGER NOT NULL, can_delete INTEGER NOT NULL, shared_by TEXT NOT NULL, at TEXT NOT NULL, UNIQUE (object_type, object_id, effect, grantee_kind, grantee_id))`,
    `CREATE INDEX shares_of_grantee ON shares (grantee_kind, grantee_id, object_type, effect)`,
    `CREATE INDEX shares_of_owner ON shares (owner_id)`,
  ],
};
