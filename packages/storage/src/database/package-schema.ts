import type { Instant, PackageKind, PrincipalId, SigningKey, TenantId } from "@moltbot/contracts";

/** What is installed is the house's, and nobody's own. */
export interface PackageTable {
  tenant_id: TenantId;
  /** A MAC of its kind and name: one of a kind in a house. */
  package_mac: string;
  kind: PackageKind;
  /** Name, version, digest, signer, choices, and whether it runs. */
  entry: Uint8Array;
  /** The file as it was signed, sealed. */
  archive: Uint8Array;
  /** The file of an update that waits, sealed; null: none does. */
  waiting: Uint8Array | null;
  installed_at: Instant;
  installed_by: PrincipalId;
  updated_at: Instant;
}
export interface SignerTable {
  tenant_id: TenantId;
  key: SigningKey;
  /** What it is called, and whether it is the owner's own. */
  entry: Uint8Array;
  trusted_at: Instant;
  trusted_by: PrincipalId;
}
/** Something that a plugin keeps; the owner is the person for whom. */
export interface PluginItemTable {
  tenant_id: TenantId;
  owner_id: PrincipalId;
  /** JSON: nobody but the owner. */
  audience: string;
  /** Of the plugin, as in `packages`. */
  package_mac: string;
  /** A MAC of the plugin and the readers, under the owner's key. */
  box_mac: string;
  /** A MAC of the box and the key, under the owner's key. */
  key_mac: string;
  /** Of the key and the value. */
  bytes: number;
  /** Plugin, readers, key and value. */
  entry: Uint8Array;
}
