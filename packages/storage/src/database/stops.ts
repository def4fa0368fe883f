import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Instant, PrincipalId, Stop, StopId, StopRepository, TenantId } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { toJson } from "./schema.ts";
import type { Row, StopTable } from "./schema.ts";

const subjects = (by: PrincipalId): readonly string[] => [`person:${by}`];

const queries = ({ define }: Connection) => ({
  current: define<{ tenant: TenantId }, Row<StopTable>>(({ db, slot }) =>
    db.selectFrom("stops").selectAll().where("tenant_id", "=", slot.tenant).where("resumed_at", "is", null),
  ),
  begin: define<StopTable, unknown>(({ db, slot }) =>
    db.insertInto("stops").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      owner_id: slot.owner_id,
      audience: slot.audience,
      surface: slot.surface,
      reason: slot.reason,
      epoch: slot.epoch,
      at: slot.at,
      resumed_at: slot.resumed_at,
      resumed_by: slot.resumed_by,
    }),
  ),
  end: define<{ id: StopId; tenant: TenantId; by: PrincipalId; at: Instant }, Row<StopTable>>(({ db, slot }) =>
    db
      .updateTable("stops")
      .set({ resumed_at: slot.at, resumed_by: slot.by })
      .where("id", "=", slot.id)
      .where("tenant_id", "=", slot.tenant)
      .where("resumed_at", "is", null)
      .returningAll(),
  ),
});

/**
 * Stops; one is in force for a whole tenant, whoever asks. The reason is sealed under who gave it. A stop never fails for want
 * of a key: without one it holds and has no reason.
 */
export const stopRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => StopRepository) => {
  const query = queries(connection);

  const stopOf = (row: Row<StopTable>): Stop => {
    const reason = row.reason === null ? null : sealer.open(subjects(row.owner_id), row.id, row.reason);
    return {
      id: row.id,
      tenantId: row.tenant_id,
      by: row.owner_id,
      surface: row.surface,
      reason: reason?.ok === true ? reason.value : null,
      epoch: row.epoch,
      at: row.at,
      resumedAt: row.resumed_at,
      resumedBy: row.resumed_by,
    };
  };
  const sealed = ({ id, by, reason }: Stop): Uint8Array | null => {
    if (reason === null) return null;
    const bytes = sealer.seal(subjects(by), id, reason);
    return bytes.ok ? bytes.value : null;
  };

  return (gate) => ({
    current: (scope) =>
      gate.read(async () => {
        const row = await query.current.one(null, { tenant: scope.tenantId });
        return ok(row === undefined ? null : stopOf(row));
      }),
    begin: (scope, stop) =>
      gate.write(async () => {
        if (stop.tenantId !== scope.tenantId || !(await connection.mayOwn(scope, stop.tenantId, stop.by)))
          return notFound("owner");
        if ((await query.current.one(null, { tenant: stop.tenantId })) !== undefined)
          return err(moltbotError("CONFLICT", { kind: "stop" }));
        await query.begin.run(null, {
          id: stop.id,
          tenant_id: stop.tenantId,
          owner_id: stop.by,
          audience: toJson([]),
          surface: stop.surface,
          reason: sealed(stop),
          epoch: stop.epoch,
          at: stop.at,
          resumed_at: null,
          resumed_by: null,
        });
        return done;
      }),
    end: (scope, id, by, at) =>
      gate.write(async () => {
        if (!(await connection.mayOwn(scope, scope.tenantId, by))) return notFound("owner");
        const row = await query.end.one(null, { id, tenant: scope.tenantId, by, at });
        return row === undefined ? err(moltbotError("NOT_STOPPED")) : ok(stopOf(row));
      }),
  });
};
