import type { Migration } from "../migrate.ts";

const OWNED = "tenant_id TEXT NOT NULL, owner_id TEXT NOT NULL, audience TEXT NOT NULL";

/** Installed packages, the keys whose signatures are taken, and what plugins keep for people. */
export const packageTables: Migration = {
  version: 16,
  name: "packages",
  statements: (types) => [
    `CREATE TABLE packages (tenant_id TEXT NOT NULL, package_mac TEXT NOT NULL, kind TEXT NOT NULL, entry ${types.bytes} NOT NULL, archive ${types.bytes} NOT NULL, waiting ${types.bytes}, installed_at TEXT NOT NULL, installed_by TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (tenant_id, package_mac))`,
    `CREATE TABLE signers (tenant_id TEXT NOT NULL, key TEXT NOT NULL, entry ${types.bytes} NOT NULL, trusted_at TEXT NOT NULL, trusted_by TEXT NOT NULL, PRIMARY KEY (tenant_id, key))`,
    // The engine itself keeps it: nothing is kept for a plugin that is not installed.
    `CREATE TABLE plugin_items (${OWNED}, package_mac TEXT NOT NULL, box_mac TEXT NOT NULL, key_mac TEXT NOT NULL, bytes INTEGER NOT NULL CHECK (bytes >= 0), entry ${types.bytes} NOT NULL, PRIMARY KEY (owner_id, box_mac, key_mac), FOREIGN KEY (tenant_id, package_mac) REFERENCES packages (tenant_id, package_mac))`,
    `CREATE INDEX plugin_items_of_package ON plugin_items (tenant_id, package_mac)`,
  ],
};
