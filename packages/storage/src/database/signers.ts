import { done, ok } from "@moltbot/contracts";
import type { Result, SignerRepository, SigningKey, StoredSigner, TenantId } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { SignerTable } from "./package-schema.ts";
import { keepsHouse } from "./people.ts";
import type { Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { OF_SYSTEM } from "./subjects.ts";

/** What of a signer is sealed: a row that anybody else wrote trusts nobody, and makes nobody's words the owner's own. */
type Entry = Pick<StoredSigner, "name" | "own">;
interface Place {
  readonly tenant: TenantId;
  readonly key: SigningKey;
}

const queries = ({ define }: Connection) => ({
  list: define<Record<never, never>, Row<SignerTable>>(({ db, visible }) =>
    db.selectFrom("signers").selectAll().where(visible("signers", "house")).orderBy("trusted_at").orderBy("key"),
  ),
  find: define<Place, Row<SignerTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("signers")
      .selectAll()
      .where("tenant_id", "=", slot.tenant)
      .where("key", "=", slot.key)
      .where(visible("signers", "house")),
  ),
  put: define<SignerTable, unknown>(({ db, slot }) =>
    db
      .insertInto("signers")
      .values({
        tenant_id: slot.tenant_id,
        key: slot.key,
        entry: slot.entry,
        trusted_at: slot.trusted_at,
        trusted_by: slot.trusted_by,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["tenant_id", "key"])
          .doUpdateSet({ entry: slot.entry, trusted_at: slot.trusted_at, trusted_by: slot.trusted_by }),
      ),
  ),
  remove: define<Place, unknown>(({ db, slot, visible }) =>
    db
      .deleteFrom("signers")
      .where("tenant_id", "=", slot.tenant)
      .where("key", "=", slot.key)
      .where(visible("signers", "house")),
  ),
});

/** The keys whose signatures the house takes: everybody in it sees them; changing them needs the reach of the tenant. */
export const signerRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => SignerRepository) => {
  const query = queries(connection);
  const entries = entriesOf<Entry>(sealer, "signers");
  const idOf = (tenant: TenantId, key: SigningKey): string => `${tenant} ${key}`;

  const signerOf = (row: Row<SignerTable>): Result<StoredSigner> => {
    const entry = entries.open(OF_SYSTEM, idOf(row.tenant_id, row.key), row.entry);
    if (!entry.ok) return entry;
    return ok({
      tenantId: row.tenant_id,
      key: row.key,
      ...entry.value,
      trustedAt: row.trusted_at,
      trustedBy: row.trusted_by,
    });
  };

  return (gate) => ({
    list: (scope) => gate.read(async () => mapAll(await query.list.all(scope, {}), signerOf)),
    find: (scope, key) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { tenant: scope.tenantId, key });
        return row === undefined ? notFound("signer") : signerOf(row);
      }),
    put: (scope, { tenantId, key, name, own, trustedAt, trustedBy }) =>
      gate.write(async () => {
        if (!keepsHouse(scope) || tenantId !== scope.tenantId) return notFound("tenant");
        const entry = entries.seal(OF_SYSTEM, idOf(tenantId, key), { name, own });
        if (!entry.ok) return entry;
        await query.put.run(null, {
          tenant_id: tenantId,
          key,
          entry: entry.value,
          trusted_at: trustedAt,
          trusted_by: trustedBy,
        });
        return done;
      }),
    remove: (scope, key) =>
      gate.write(async () => {
        const removed = keepsHouse(scope) ? await query.remove.run(scope, { tenant: scope.tenantId, key }) : 0;
        return removed === 1 ? done : notFound("signer");
      }),
  });
};
