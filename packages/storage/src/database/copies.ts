import { done, ok } from "@moltbot/contracts";
import type { BackupInfo, CopyRepository, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { toJson } from "./schema.ts";
import type { CopyTable } from "./privacy-schema.ts";
import type { Row } from "./schema.ts";
import { OF_SYSTEM } from "./subjects.ts";

const queries = ({ define }: Connection) => ({
  add: define<CopyTable, unknown>(({ db, slot }) =>
    db
      .insertInto("copies")
      .values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        kind: slot.kind,
        at: slot.at,
        bytes: slot.bytes,
        row_count: slot.row_count,
        generation: slot.generation,
        place: slot.place,
      })
      .onConflict((conflict) => conflict.column("id").doNothing()),
  ),
  list: define<Record<never, never>, Row<CopyTable>>(({ db, visible }) =>
    db.selectFrom("copies").selectAll().where(visible("copies")).orderBy("at", "desc").orderBy("id", "desc"),
  ),
});

/** Backups and keyring copies; where one lies is a path of this machine, and sealed. */
export const copyRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => CopyRepository) => {
  const query = queries(connection);

  const copyOf = (row: Row<CopyTable>): Result<Omit<BackupInfo, "present">> => {
    const file = sealer.open(OF_SYSTEM, row.id, row.place);
    if (!file.ok) return file;
    const { id, kind, at, bytes, row_count: rows, generation } = row;
    return ok({ id, kind, file: file.value, at, bytes, rows, generation });
  };

  return (gate) => ({
    add: (scope, copy) =>
      gate.write(async () => {
        if (!(await connection.mayOwn(scope, scope.tenantId, scope.principalId))) return notFound("owner");
        const place = sealer.seal(OF_SYSTEM, copy.id, copy.file);
        if (!place.ok) return place;
        await query.add.run(null, {
          id: copy.id,
          tenant_id: scope.tenantId,
          owner_id: scope.principalId,
          audience: toJson([]),
          kind: copy.kind,
          at: copy.at,
          bytes: copy.bytes,
          row_count: copy.rows,
          generation: copy.generation,
          place: place.value,
        });
        return done;
      }),
    list: (scope) => gate.read(async () => mapAll(await query.list.all(scope, {}), copyOf)),
  });
};
