import { done, ok } from "@moltbot/contracts";
import type { AgentId, Capability, CapabilityId, CapabilityRepository, Instant, TenantId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { SqlValue } from "./query.ts";
import { fromJson, toJson } from "./schema.ts";
import type { CapabilityTable, Row } from "./schema.ts";

const capabilityOf = (row: Row<CapabilityTable>): Capability => ({
  ...fromJson(row.grant_json),
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
  ofHolder: define<{ holder: AgentId }, Row<CapabilityTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("capabilities")
      .selectAll()
      .where("holder", "=", slot.holder)
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
  create: define<CapabilityTable, unknown>(({ db, slot }) =>
    db.insertInto("capabilities").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      holder: slot.holder,
      tool: slot.tool,
      grant_json: slot.grant_json,
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
});

/** Standing grants; a grant belongs to the person who issued it. */
export const capabilityRepository = (connection: Connection): ((gate: Gate) => CapabilityRepository) => {
  const query = queries(connection);
  return (gate) => ({
    ofHolder: (scope, holder) => gate.read(() => ok(query.ofHolder.all(scope, { holder }).map(capabilityOf))),
    list: (scope) => gate.read(() => ok(query.list.all(scope, {}).map(capabilityOf))),
    create: (scope, capability) =>
      gate.write(() => {
        if (!connection.mayOwn(scope, capability.tenantId, capability.issuedBy)) return notFound("owner");
        const { permissions, constraints, rights, reach, reason } = capability;
        query.create.run(null, {
          id: capability.id,
          tenant_id: capability.tenantId,
          owner_id: capability.issuedBy,
          audience: toJson([]),
          holder: capability.holder,
          tool: capability.tool,
          grant_json: toJson({ permissions, constraints, rights, reach, reason }),
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
      gate.write(() => {
        const row = query.revoke.one(scope, { id, at });
        return row === undefined ? notFound("capability") : ok(capabilityOf(row));
      }),
    epoch: (scope) => gate.read(() => ok(query.epoch.one(null, { tenant: scope.tenantId })?.epoch ?? 0)),
  });
};
