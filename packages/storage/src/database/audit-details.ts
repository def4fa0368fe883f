import { done, err, moltbotError, ok } from "@moltbot/contracts";
import { sql } from "kysely";
import type { AuditDetailsRow, AuditDetailsStore, AuditLeafRow } from "../audit/index.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { letOthersWork } from "./let-others-work.ts";
import type { SqlValue } from "./query.ts";
import type { AuditDetailsTable, Row } from "./schema.ts";

/** How many rows one statement stores: a server is asked once for all of them, and a file's statement starts once. */
const TOGETHER = 64;
/** How many rows are forgotten before others come to the connection. */
const FORGOTTEN_AT_ONCE = 2_000;

type Values = Readonly<Record<string, SqlValue>>;
const COLUMNS = ["sequence", "leaf", "subject", "sealed"] as const;

/** The names of one statement's arguments, row by row. */
const NAMES = Array.from({ length: TOGETHER }, (_unused, at) => ({
  sequence: `sequence${String(at)}`,
  leaf: `leaf${String(at)}`,
  subject: `subject${String(at)}`,
  sealed: `sealed${String(at)}`,
}));

/** Many rows as the arguments of one statement. */
const valuesOf = (rows: readonly AuditDetailsRow[]): Values => {
  const values: Record<string, SqlValue> = {};
  for (const [at, names] of NAMES.entries()) {
    const row = rows[at];
    if (row === undefined) continue;
    for (const column of COLUMNS) values[names[column]] = row[column];
  }
  return values;
};

const queries = ({ define }: Connection) => ({
  putTogether: define<Values, unknown>(({ db, slot }) => {
    const rows = NAMES.map((names) => sql`(${sql.join(COLUMNS.map((column) => slot[names[column]] ?? sql`null`))})`);
    const statement = sql`insert into audit_details (sequence, leaf, subject, sealed) values ${sql.join(rows)}`;
    return { compile: () => statement.compile(db) };
  }),
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
  leaves: define<{ from: number; to: number }, AuditLeafRow>(({ db, slot }) =>
    db
      .selectFrom("audit_details")
      .select(["sequence", "leaf"])
      .where("sequence", ">=", slot.from)
      .where("sequence", "<", slot.to)
      .orderBy("sequence"),
  ),
  forget: define<{ from: number; to: number }, unknown>(({ db, slot }) =>
    db
      .updateTable("audit_details")
      .set({ sealed: null, subject: SYSTEM })
      .where("sequence", ">=", slot.from)
      .where("sequence", "<", slot.to)
      .where((row) => row.or([row.eb("sealed", "is not", null), row.eb("subject", "!=", SYSTEM)])),
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

/** Whose details the record of retention leaves: nobody's. */
const SYSTEM = "system";
/** The name of the count in the table of facts. */
const ACKNOWLEDGED = "audit acknowledged";

const detailsOf = (row: Row<AuditDetailsTable>): AuditDetailsRow => ({ ...row });

/** The audit log's side table. It has no scope: only the log itself reads it. */
export const auditDetailsStore = (connection: Connection, gate: Gate): AuditDetailsStore => {
  const query = queries(connection);
  const next = async (): Promise<number> => ((await query.last.one(null, {}))?.sequence ?? -1) + 1;
  const acknowledged = async (): Promise<number> =>
    Number((await query.acknowledged.one(null, { name: ACKNOWLEDGED }))?.value ?? 0);
  const acknowledge = async (count: number): Promise<void> => {
    await query.acknowledge.run(null, { name: ACKNOWLEDGED, value: String(count) });
  };
  return {
    put: (rows, acknowledged) =>
      gate.write(async () => {
        const first = await next();
        if (rows.some((row, index) => row.sequence !== first + index))
          return err(moltbotError("CONFLICT", { kind: "audit sequence" }));
        const whole = rows.length - (rows.length % TOGETHER);
        for (let at = 0; at < whole; at += TOGETHER)
          await query.putTogether.run(null, valuesOf(rows.slice(at, at + TOGETHER)));
        for (const { sequence, leaf, subject, sealed } of rows.slice(whole))
          await query.put.run(null, { sequence, leaf, subject, sealed });
        await acknowledge(acknowledged);
        return done;
      }),
    acknowledged: () => gate.read(async () => ok(await acknowledged())),
    highest: () => gate.read(async () => ok(await next())),
    range: (from, to) => gate.read(async () => ok((await query.range.all(null, { from, to })).map(detailsOf))),
    leaves: (from, to) => gate.read(async () => ok(await query.leaves.all(null, { from, to }))),
    forget: async (size) => {
      for (let from = 0; from < size; from += FORGOTTEN_AT_ONCE) {
        const to = Math.min(size, from + FORGOTTEN_AT_ONCE);
        const forgotten = await gate.write(async () => {
          await query.forget.run(null, { from, to });
          return done;
        });
        if (!forgotten.ok) return forgotten;
        await letOthersWork();
      }
      return done;
    },
    truncate: (size) =>
      gate.write(async () => {
        await query.truncate.run(null, { size });
        await acknowledge(Math.min(await acknowledged(), size));
        return done;
      }),
  };
};
