import { done, ok } from "@moltbot/contracts";
import type { AgentId, Capability, CapabilityId, CapabilityRepository, Instant, TenantId } from "@moltbot/contracts";
import { sql } from "kysely";
import { capabilityUses } from "./capability-uses.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import type { SqlValue } from "./query.ts";
import { fromJson, toJson } from "./schema.ts";
import type { CapabilityTable, JsonText, Row } from "./schema.ts";

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
  ofHolders: define<{ holders: JsonText<readonly AgentId[]>; tool: string | null }, Row<CapabilityTable>>(
    ({ db, slot, visible, elementsOf }) =>
      db
        .selectFrom("capabilities")
        .selectAll()
        .where(sql<boolean>`holder in ${elementsOf(slot.holders)}`)
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
  raiseEpoch: define<{ tenant: TenantId }, { readonly epoch: number }>(({ db, slot }) =>
    db
      .insertInto("epochs")
      .values({ tenant_id: slot.tenant, epoch: 1 })
      .onConflict((conflict) => conflict.column("tenant_id").doUpdateSet({ epoch: sql`epochs.epoch + 1` }))
      .returning("epoch"),
  ),
});

/** Standing grants; a grant belongs to the person who issued it. */
export const capabilityRepository = (connection: Connection): ((gate: Gate) => CapabilityRepository) => {
  const query = queries(connection);
  const uses = capabilityUses(connection);
  return (gate) => ({
    ofHolders: (scope, holders, tool) =>
      gate.read(() =>
        ok(query.ofHolders.all(scope, { holders: toJson(holders), tool: tool ?? null }).map(capabilityOf)),
      ),
    list: (scope) => gate.read(() => ok(query.list.all(scope, {}).map(capabilityOf))),
    create: (scope, capability) =>
      gate.write(() => {
        if (!connection.mayOwn(scope, capability.tenantId, capability.issuedBy)) return notFound("owner");
        const { permissions, constraints, release, rights, reach, reason } = capability;
        query.create.run(null, {
          id: capability.id,
          tenant_id: capability.tenantId,
          owner_id: capability.issuedBy,
          audience: toJson([]),
          holder: capability.holder,
          tool: capability.tool,
          grant_json: toJson({
            permissions,
            constraints,
            ...(release === undefined ? {} : { release }),
            rights,
            reach,
            reason,
          }),
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
    raiseEpoch: (scope) =>
      gate.write(() => {
        const raised = connection.mayOwn(scope, scope.tenantId, scope.principalId)
          ? query.raiseEpoch.one(null, { tenant: scope.tenantId })
          : undefined;
        return raised === undefined ? notFound("tenant") : ok(raised.epoch);
      }),
    usage: (scope, ids) => gate.read(() => ok(uses.of(scope, ids))),
    addUse: (scope, use) => gate.write(() => uses.add(scope, use)),
  });
};
