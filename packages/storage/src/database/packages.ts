import { done, ok } from "@moltbot/contracts";
import type { AccessScope, PackageRepository, Result, StoredPackage, TenantId } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { packageMac } from "./package-mac.ts";
import type { PackageTable } from "./package-schema.ts";
import { keepsHouse } from "./people.ts";
import type { Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { OF_SYSTEM } from "./subjects.ts";

/** What of a package is sealed beside its files; whether it runs too, so that nobody who has the engine's files starts one. */
type Entry = Pick<StoredPackage, "name" | "version" | "digest" | "signer" | "choices" | "enabled">;
type Place = Pick<PackageTable, "tenant_id" | "package_mac">;
type Sealed = Pick<PackageTable, "entry" | "archive" | "waiting">;

const queries = ({ define }: Connection) => ({
  list: define<Record<never, never>, Row<PackageTable>>(({ db, visible }) =>
    db.selectFrom("packages").selectAll().where(visible("packages", "house")),
  ),
  find: define<Place, Row<PackageTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("packages")
      .selectAll()
      .where("tenant_id", "=", slot.tenant_id)
      .where("package_mac", "=", slot.package_mac)
      .where(visible("packages", "house")),
  ),
  put: define<PackageTable, unknown>(({ db, slot }) =>
    db
      .insertInto("packages")
      .values({
        tenant_id: slot.tenant_id,
        package_mac: slot.package_mac,
        kind: slot.kind,
        entry: slot.entry,
        archive: slot.archive,
        waiting: slot.waiting,
        installed_at: slot.installed_at,
        installed_by: slot.installed_by,
        updated_at: slot.updated_at,
      })
      .onConflict((conflict) =>
        conflict.columns(["tenant_id", "package_mac"]).doUpdateSet({
          entry: slot.entry,
          archive: slot.archive,
          waiting: slot.waiting,
          installed_at: slot.installed_at,
          installed_by: slot.installed_by,
          updated_at: slot.updated_at,
        }),
      ),
  ),
  removeItems: define<Place, unknown>(({ db, slot, visible }) =>
    db
      .deleteFrom("plugin_items")
      .where("tenant_id", "=", slot.tenant_id)
      .where("package_mac", "=", slot.package_mac)
      .where(visible("plugin_items", "house")),
  ),
  remove: define<Place, unknown>(({ db, slot, visible }) =>
    db
      .deleteFrom("packages")
      .where("tenant_id", "=", slot.tenant_id)
      .where("package_mac", "=", slot.package_mac)
      .where(visible("packages", "house")),
  ),
});

const byKindAndName = (a: StoredPackage, b: StoredPackage): number =>
  `${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1;

/**
 * What is installed: everybody in the house reads it; changing it needs the reach of the tenant. Its files are sealed like all else
 * that is nobody's own: a skill may be the owner's own words, and what is installed says what somebody does.
 */
export const packageRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => PackageRepository) => {
  const query = queries(connection);
  const entries = entriesOf<Entry>(sealer, "packages");
  const archives = entriesOf<string>(sealer, "packages archive");
  const updates = entriesOf<string>(sealer, "packages waiting");

  const placeOf = (tenant: TenantId, { kind, name }: Pick<StoredPackage, "kind" | "name">): Result<Place> => {
    const mac = packageMac(sealer, kind, name);
    return mac.ok ? ok({ tenant_id: tenant, package_mac: mac.value }) : mac;
  };
  /** The row that something is sealed for: of another one it does not open. */
  const idOf = ({ tenant_id: tenant, package_mac: mac }: Place): string => `${tenant} ${mac}`;

  const sealAll = (place: Place, stored: StoredPackage): Result<Sealed> => {
    const { name, version, digest, signer, choices, enabled } = stored;
    const entry = entries.seal(OF_SYSTEM, idOf(place), { name, version, digest, signer, choices, enabled });
    if (!entry.ok) return entry;
    const archive = archives.seal(OF_SYSTEM, idOf(place), Buffer.from(stored.archive).toString("base64"));
    if (!archive.ok) return archive;
    if (stored.waiting === null) return ok({ entry: entry.value, archive: archive.value, waiting: null });
    const waiting = updates.seal(OF_SYSTEM, idOf(place), Buffer.from(stored.waiting).toString("base64"));
    return waiting.ok ? ok({ entry: entry.value, archive: archive.value, waiting: waiting.value }) : waiting;
  };
  const packageOf = (row: Row<PackageTable>): Result<StoredPackage> => {
    const entry = entries.open(OF_SYSTEM, idOf(row), row.entry);
    if (!entry.ok) return entry;
    const archive = archives.open(OF_SYSTEM, idOf(row), row.archive);
    if (!archive.ok) return archive;
    const waiting = row.waiting === null ? ok(null) : updates.open(OF_SYSTEM, idOf(row), row.waiting);
    if (!waiting.ok) return waiting;
    return ok({
      tenantId: row.tenant_id,
      kind: row.kind,
      ...entry.value,
      archive: new Uint8Array(Buffer.from(archive.value, "base64")),
      waiting: waiting.value === null ? null : new Uint8Array(Buffer.from(waiting.value, "base64")),
      installedAt: row.installed_at,
      installedBy: row.installed_by,
      updatedAt: row.updated_at,
    });
  };
  const readable = (row: Row<PackageTable>): Result<StoredPackage | null> => {
    const opened = packageOf(row);
    return !opened.ok && opened.error.code === "CONTENT_UNREADABLE" ? ok(null) : opened;
  };
  const found = async (
    scope: AccessScope,
    of: Pick<StoredPackage, "kind" | "name">,
  ): Promise<Result<Row<PackageTable>>> => {
    const place = placeOf(scope.tenantId, of);
    if (!place.ok) return place;
    const row = await query.find.one(scope, place.value);
    return row === undefined ? notFound(of.kind) : ok(row);
  };

  return (gate) => ({
    list: (scope) =>
      gate.read(async () => {
        const all = mapAll(await query.list.all(scope, {}), readable);
        return all.ok ? ok(all.value.filter((one) => one !== null).toSorted(byKindAndName)) : all;
      }),
    unreadable: (scope) =>
      gate.read(async () => {
        const all = mapAll(await query.list.all(scope, {}), readable);
        return all.ok ? ok(all.value.filter((one) => one === null).length) : all;
      }),
    find: (scope, kind, name) =>
      gate.read(async () => {
        const row = await found(scope, { kind, name });
        return row.ok ? packageOf(row.value) : row;
      }),
    put: (scope, stored) =>
      gate.write(async () => {
        if (!keepsHouse(scope) || stored.tenantId !== scope.tenantId) return notFound("tenant");
        const place = placeOf(scope.tenantId, stored);
        if (!place.ok) return place;
        const sealed = sealAll(place.value, stored);
        if (!sealed.ok) return sealed;
        await query.put.run(null, {
          ...place.value,
          ...sealed.value,
          kind: stored.kind,
          installed_at: stored.installedAt,
          installed_by: stored.installedBy,
          updated_at: stored.updatedAt,
        });
        return done;
      }),
    remove: (scope, kind, name) =>
      gate.write(async () => {
        if (!keepsHouse(scope)) return notFound(kind);
        const row = await found(scope, { kind, name });
        if (!row.ok) return row;
        const { tenant_id, package_mac } = row.value;
        const items = await query.removeItems.run(scope, { tenant_id, package_mac });
        return (await query.remove.run(scope, { tenant_id, package_mac })) === 1 ? ok({ items }) : notFound(kind);
      }),
  });
};
