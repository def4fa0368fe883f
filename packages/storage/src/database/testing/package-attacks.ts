/** What strangers try on packages, on the keys that are trusted, and on what plugins keep for others. */
import { PackageVersion, PluginName, SigningKey } from "@moltbot/contracts";
import type {
  AccessScope,
  PluginBox,
  Principal,
  Result,
  StoredPackage,
  StoredPluginItem,
  StoredSigner,
} from "@moltbot/contracts";
import type { Database } from "../index.ts";
import type { Housemates } from "./people-attacks.ts";
import { AT, must, scopeOf } from "./world.ts";

const KEY = SigningKey.parse(`mk1_${"A".repeat(43)}`);
export const OTHER_KEY = SigningKey.parse(`mk1_${"Q".repeat(43)}`);
export const WEATHER = PluginName.parse("weather");

export const aPackage = (by: Principal, change: Partial<StoredPackage> = {}): StoredPackage => ({
  tenantId: by.tenantId,
  kind: "plugin",
  name: WEATHER,
  version: PackageVersion.parse("1.0.0"),
  digest: "ab".repeat(32),
  signer: KEY,
  archive: new TextEncoder().encode("moltbot-package 1\n{}\n{}"),
  choices: { hosts: [], secrets: {} },
  enabled: true,
  waiting: null,
  installedAt: AT,
  installedBy: by.id,
  updatedAt: AT,
  ...change,
});
export const aSigner = (by: Principal, change: Partial<StoredSigner> = {}): StoredSigner => ({
  tenantId: by.tenantId,
  key: KEY,
  name: "Somebody",
  own: false,
  trustedAt: AT,
  trustedBy: by.id,
  ...change,
});
export const boxOf = (...readers: readonly Principal[]): PluginBox => ({
  plugin: WEATHER,
  audience: readers.length === 0 ? "public" : readers.map(({ id }) => id).join(" "),
});
export const ROOMY = 10_000;

export interface PackageVictim extends Housemates {
  readonly installed: StoredPackage;
  readonly signer: StoredSigner;
  readonly box: PluginBox;
  readonly item: StoredPluginItem;
}

/** Gives Ada's house a plugin by a trusted key, which keeps something for her. */
export const seedPackages = async <V extends Housemates>(db: Database, victim: V): Promise<V & PackageVictim> => {
  const { ada } = victim;
  const house = scopeOf(ada, "tenant");
  const [installed, signer, box] = [aPackage(ada), aSigner(ada), boxOf(ada)];
  must(await db.signers.put(house, signer));
  must(await db.packages.put(house, installed));
  const item: StoredPluginItem = { ...box, key: "town", value: "the secret town" };
  must(await db.pluginItems.set(scopeOf(ada), box, item.key, item.value, ROOMY));
  return { ...victim, installed, signer, box, item };
};

type Attack = (db: Database, scope: AccessScope, victim: PackageVictim) => Promise<Result<unknown>>;

/** One attack or more for each method that is not about one's own tenant or oneself alone. */
export const PACKAGE_ATTACKS: Readonly<Record<string, Attack>> = {
  "packages.remove": (db, scope, { installed }) => db.packages.remove(scope, "plugin", installed.name),
  "packages.put into another house": (db, scope, { ada }) => db.packages.put(scope, aPackage(ada, { enabled: false })),
  "signers.put into another house": (db, scope, { ada }) => db.signers.put(scope, aSigner(ada, { own: true })),
  "signers.remove": (db, scope, { signer }) => db.signers.remove(scope, signer.key),
  "pluginItems.get": (db, scope, { box, item }) => db.pluginItems.get(scope, box, item.key),
  "pluginItems.keys": (db, scope, { box }) => db.pluginItems.keys(scope, box, ""),
  "pluginItems.ofPerson": (db, scope) => db.pluginItems.ofPerson(scope),
};

/** Held by who keeps the house, whatever the predicate says. */
export const PACKAGES_HELD_OTHERWISE: readonly string[] = [
  "packages.remove",
  "packages.put into another house",
  "signers.put into another house",
  "signers.remove",
];

/** What is installed everybody in the house may know, and one's own box is one's own to change; attacked by tests of their own. */
export const PACKAGES_OF_ONES_OWN: readonly string[] = [
  "packages.list",
  "packages.unreadable",
  "packages.find",
  "packages.put",
  "signers.list",
  "signers.find",
  "signers.put",
  "pluginItems.set",
  "pluginItems.remove",
];
