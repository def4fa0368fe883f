import type { Instant, PrincipalId, TenantId } from "../ids.ts";
import type { JsonValue } from "../json.ts";
import type { PackageKind } from "../package.ts";
import type { PackageVersion, SigningKey } from "../package-words.ts";
import type { PluginChoices, PluginName } from "../plugin.ts";
import type { AccessScope } from "../principal.ts";
import type { Result } from "../result.ts";

type Async<T> = Promise<Result<T>>;

/** A package as it is kept: whole, as it was signed. What it holds is read from its bytes at every start, and checked again. */
export interface StoredPackage {
  readonly tenantId: TenantId;
  readonly kind: PackageKind;
  /** One of a kind in a house. */
  readonly name: string;
  readonly version: PackageVersion;
  /** SHA-256 of `archive`, lower-case hex. */
  readonly digest: string;
  readonly signer: SigningKey;
  readonly archive: Uint8Array;
  readonly choices: PluginChoices;
  /** False: a person stopped it. */
  readonly enabled: boolean;
  /** A newer one that waits for a yes, whole as it was signed; null: none. */
  readonly waiting: Uint8Array | null;
  readonly installedAt: Instant;
  readonly installedBy: PrincipalId;
  readonly updatedAt: Instant;
}

/** What is installed in the house; whoever belongs to it may read it, and the gateway lets only its keepers change it. */
export interface PackageRepository {
  /** By kind and name. What cannot be opened any more is left out, and stops nothing else: `unreadable` counts it. */
  list(scope: AccessScope): Async<readonly StoredPackage[]>;
  unreadable(scope: AccessScope): Async<number>;
  find(scope: AccessScope, kind: PackageKind, name: string): Async<StoredPackage>;
  /** Creates it, or replaces the one of that kind and name. */
  put(scope: AccessScope, stored: StoredPackage): Async<void>;
  /** With everything that it kept for anybody. NOT_FOUND where there is none. */
  remove(scope: AccessScope, kind: PackageKind, name: string): Async<{ readonly items: number }>;
}

export interface StoredSigner {
  readonly tenantId: TenantId;
  readonly key: SigningKey;
  readonly name: string;
  readonly own: boolean;
  readonly trustedAt: Instant;
  readonly trustedBy: PrincipalId;
}

/** The keys whose signatures the house takes. */
export interface SignerRepository {
  list(scope: AccessScope): Async<readonly StoredSigner[]>;
  /** NOT_FOUND for a key that nobody trusts. */
  find(scope: AccessScope, key: SigningKey): Async<StoredSigner>;
  put(scope: AccessScope, signer: StoredSigner): Async<void>;
  remove(scope: AccessScope, key: SigningKey): Async<void>;
}

/** Whose box of a plugin: the person for whom the turn runs (the scope's), and everybody who may know what lies in it. */
export interface PluginBox {
  readonly plugin: PluginName;
  /** `public`, or the sorted ids of the readers joined by a space; ` web` after it where the plugin may reach hosts. */
  readonly audience: string;
}

/** Something that a plugin keeps for a person. */
export interface StoredPluginItem extends PluginBox {
  readonly key: string;
  readonly value: JsonValue;
}

/** What plugins keep, sealed under the key of the person it was kept for. Erasing the person erases it. */
export interface PluginItemRepository {
  /** Null where nothing is kept under that key. */
  get(scope: AccessScope, box: PluginBox, key: string): Async<JsonValue | null>;
  /**
   * BUDGET_EXHAUSTED where the box would hold more than `mostBytes` of keys and JSON texts (UTF-8), or more than 1,000 keys; NOT_FOUND
   * where no such plugin is installed. Then nothing is changed.
   */
  set(scope: AccessScope, box: PluginBox, key: string, value: JsonValue, mostBytes: number): Async<void>;
  remove(scope: AccessScope, box: PluginBox, key: string): Async<void>;
  /** Sorted; at most 1,000. */
  keys(scope: AccessScope, box: PluginBox, prefix: string): Async<readonly string[]>;
  /** All that any plugin keeps for the scope's person, by plugin, audience and key. */
  ofPerson(scope: AccessScope): Async<readonly StoredPluginItem[]>;
}
