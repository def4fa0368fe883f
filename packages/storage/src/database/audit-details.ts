import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditDetailsRow, AuditDetailsStore } from "../audit/index.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import type { SqlValue } from "./query.ts";
import type { AuditDetailsTable, Row } from "./schema.ts";

const queries = ({ define }: Connection) => ({
  put: define<AuditDetailsTable, unknown>(({ db, slot }) =>
    db
      .insertInto("audit_details")
      .values({ sequence: slot.sequence, leaf: slot.leaf, subject: slot.subject, sealed: slot.sealed }),
  ),
  last: define<Record<never, SqlValue>, { readonly sequence: number }>(({ db }) =>
    db.selectFrom("audit_details").select("sequence").orderBy("sequence", "desc").limit(1),
  ),
  range: define<{ from: number; to: number }, Row<AuditDetailsTable>>(({ db, slot }) =>
    db
      .selectFrom("audit_details")
      .selectAll()
      .where("sequence", ">=", slot.from)
      .where("sequence", "<", slot.to)
      .orderBy("sequence"),
  ),
  acknowledge: define<{ name: string; value: string }, unknown>(({ db, slot }) =>
    db
      .insertInto("facts")
      .values({ name: slot.name, value: slot.value })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ value: slot.value })),
  ),
  acknowledged: define<{ name: string }, { readonly value: string }>(({ db, slot }) =>
    db.selectFrom("facts").select("value").where("name", "=", slot.name),
  ),
  truncate: define<{ size: number }, unknown>(({ db, slot }) =>
    db.deleteFrom("audit_details").where("sequence", ">=", slot.size),
  ),
});

/** The name of the count in the table of facts. */
const ACKNOWLEDGED = "audit acknowledged";

const detailsOf = (row: Row<AuditDetailsTable>): AuditDetailsRow => ({ ...row });

/** The audit log's side table. It has no scope: only the log itself reads it. */
export const auditDetailsStore = (connection: Connection, gate: Gate): AuditDetailsStore => {
  const query = queries(connection);
  const next = (): number => (query.last.one(null, {})?.sequence ?? -1) + 1;
  const acknowledged = (): number => Number(query.acknowledged.one(null, { name: ACKNOWLEDGED })?.value ?? 0);
  const acknowledge = (count: number): void => {
    query.acknowledge.run(null, { name: ACKNOWLEDGED, value: String(count) });
  };
  return {
    put: (rows, acknowledged) =>
      gate.write(() => {
        const first = next();
        if (rows.some((row, index) => row.sequence !== first + index))
          return err(moltbotError("CONFLICT", { kind: "audit sequence" }));
        for (const { sequence, leaf, subject, sealed } of rows)
          query.put.run(null, { sequence, leaf, subject, sealed });
        acknowledge(acknowledged);
        return done;
      }),
    acknowledged: () => gate.read(() => ok(acknowledged())),
    highest: () => gate.read(() => ok(next())),
    range: (from, to) => gate.read(() => ok(query.range.all(null, { from, to }).map(detailsOf))),
    truncate: (size) =>
      gate.write(() => {
        query.truncate.run(null, { size });
        acknowledge(Math.min(acknowledged(), size));
        return done;
      }),
  };
};
