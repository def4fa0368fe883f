import { done, ok } from "@moltbot/contracts";
import type {
  AgentId,
  Capability,
  CapabilityId,
  CapabilityRepository,
  Instant,
  Result,
  TenantId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import { capabilityUses } from "./capability-uses.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { SqlValue } from "./query.ts";
import { toJson } from "./schema.ts";
import type { CapabilityTable, JsonText, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";

/** What of a grant is sealed: what it allows, and why. */
type Entry = Pick<Capability, "permissions" | "constraints" | "release" | "rights" | "reach" | "reason">;

const capabilityFrom = (row: Row<CapabilityTable>, entry: Entry): Capability => ({
  ...entry,
  id: row.id,
  tenantId: row.tenant_id,
  holder: row.holder,
  tool: row.tool,
  expiresAt: row.expires_at,
  parent: row.parent,
  epoch: row.epoch,
  issuedBy: row.issued_by,
  issuedAt: row.issued_at,
  revokedAt: row.revoked_at,
});

const queries = ({ define }: Connection) => ({
  ofHolders: define<{ holders: JsonText<readonly AgentId[]>; tool: string | null }, Row<CapabilityTable>>(
    ({ db, slot, visible, dialect }) =>
      db
        .selectFrom("capabilities")
        .selectAll()
        .where(sql<boolean>`holder in ${dialect.elementsOf(slot.holders)}`)
        .where(sql<boolean>`tool = coalesce(${slot.tool}, tool)`)
        .where("revoked_at", "is", null)
        .where(
          sql<boolean>`epoch >= coalesce((select e.epoch from epochs as e where e.tenant_id = capabilities.tenant_id), 0)`,
        )
        .where(visible("capabilities"))
        .orderBy("issued_at")
        .orderBy("id"),
  ),
  list: define<Record<never, SqlValue>, Row<CapabilityTable>>(({ db, visible }) =>
    db.selectFrom("capabilities").selectAll().where(visible("capabilities")).orderBy("issued_at").orderBy("id"),
  ),
  create: define<Omit<CapabilityTable, `used_${string}`>, unknown>(({ db, slot }) =>
    db.insertInto("capabilities").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      holder: slot.holder,
      tool: slot.tool,
      entry: slot.entry,
      expires_at: slot.expires_at,
      parent: slot.parent,
      epoch: slot.epoch,
      issued_by: slot.issued_by,
      issued_at: slot.issued_at,
      revoked_at: slot.revoked_at,
    }),
  ),
  revoke: define<{ id: CapabilityId; at: Instant }, Row<CapabilityTable>>(({ db, slot, visible }) =>
    db
      .updateTable("capabilities")
      .set({ revoked_at: sql`coalesce(revoked_at, ${slot.at})` })
      .where("id", "=", slot.id)
      .where(visible("capabilities"))
      .returningAll(),
  ),
  epoch: define<{ tenant: TenantId }, { readonly epoch: number }>(({ db, slot }) =>
    db.selectFrom("epochs").select("epoch").where("tenant_id", "=", slot.tenant),
  ),
  raiseEpoch: define<{ tenant: TenantId }, { readonly epoch: number }>(({ db, slot }) =>
    db
      .insertInto("epochs")
      .values({ tenant_id: slot.tenant, epoch: 1 })
      .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet({ epoch: sql`epochs.epoch + 1` }))
      .returning("epoch"),
  ),
});

/** Standing grants; a grant belongs to the person who issued it. */
export const capabilityRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => CapabilityRepository) => {
  const query = queries(connection);
  const uses = capabilityUses(connection, sealer);
  const entries = entriesOf<Entry>(sealer, "capabilities");
  const capabilityOf = (row: Row<CapabilityTable>): Result<Capability> => {
    const entry = entries.open(ofPerson(row.owner_id), row.id, row.entry);
    return entry.ok ? ok(capabilityFrom(row, entry.value)) : entry;
  };
  return (gate) => ({
    ofHolders: (scope, holders, tool) =>
      gate.read(async () =>
        mapAll(await query.ofHolders.all(scope, { holders: toJson(holders), tool: tool ?? null }), capabilityOf),
      ),
    list: (scope) => gate.read(async () => mapAll(await query.list.all(scope, {}), capabilityOf)),
    create: (scope, capability) =>
      gate.write(async () => {
        if (!(await connection.mayOwn(scope, capability.tenantId, capability.issuedBy))) return notFound("owner");
        const { permissions, constraints, release, rights, reach, reason } = capability;
        const entry = entries.seal(ofPerson(capability.issuedBy), capability.id, {
          permissions,
          constraints,
          ...(release === undefined ? {} : { release }),
          rights,
          reach,
          reason,
        });
        if (!entry.ok) return entry;
        await query.create.run(null, {
          id: capability.id,
          tenant_id: capability.tenantId,
          owner_id: capability.issuedBy,
          audience: toJson([]),
          holder: capability.holder,
          tool: capability.tool,
          entry: entry.value,
          expires_at: capability.expiresAt,
          parent: capability.parent,
          epoch: capability.epoch,
          issued_by: capability.issuedBy,
          issued_at: capability.issuedAt,
          revoked_at: capability.revokedAt,
        });
        return done;
      }),
    revoke: (scope, id, at) =>
      gate.write(async () => {
        const row = await query.revoke.one(scope, { id, at });
        return row === undefined ? notFound("capability") : capabilityOf(row);
      }),
    epoch: (scope) => gate.read(async () => ok((await query.epoch.one(null, { tenant: scope.tenantId }))?.epoch ?? 0)),
    raiseEpoch: (scope) =>
      gate.write(async () => {
        const raised = (await connection.mayOwn(scope, scope.tenantId, scope.principalId))
          ? await query.raiseEpoch.one(null, { tenant: scope.tenantId })
          : undefined;
        return raised === undefined ? notFound("tenant") : ok(raised.epoch);
      }),
    usage: (scope, ids) => gate.read(() => uses.of(scope, ids)),
    addUse: (scope, use) => gate.write(() => uses.add(scope, use)),
  });
};
