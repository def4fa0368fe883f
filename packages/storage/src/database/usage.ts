import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result, TenantId, TokenId, UsageEntry, UsageRepository } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { fromJson, toJson } from "./schema.ts";
import type { JsonText, Row, TokenTable } from "./schema.ts";
import type { UsageBegunTable, UsageTable } from "./usage-schema.ts";

/** Above it a sum is no exact number any more: it stays there. */
const MOST = Number.MAX_SAFE_INTEGER;

const queries = ({ define }: Connection) => ({
  // The owner of a row is whose it was when it began: nobody takes over what somebody else may see.
  add: define<UsageTable, unknown>(({ db, slot }) =>
    db
      .insertInto("usage")
      .values({
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        day: slot.day,
        subject_kind: slot.subject_kind,
        subject_id: slot.subject_id,
        unit: slot.unit,
        amount: slot.amount,
      })
      .onConflict((conflict) =>
        conflict.columns(["tenant_id", "day", "subject_kind", "subject_id", "unit"]).doUpdateSet({
          amount: sql`case when usage.amount > ${sql.lit(MOST)} - excluded.amount then ${sql.lit(MOST)} else usage.amount + excluded.amount end`,
        }),
      ),
  ),
  begin: define<{ holder: number; entries: UsageBegunTable["entries"] }, { readonly ordinal: number }>(({ db, slot }) =>
    db.insertInto("usage_begun").values({ holder: slot.holder, entries: slot.entries }).returning("ordinal"),
  ),
  over: define<{ ordinal: number }, unknown>(({ db, slot }) =>
    db.deleteFrom("usage_begun").where("ordinal", "=", slot.ordinal),
  ),
  abandoned: define<{ holder: number }, Pick<Row<UsageBegunTable>, "entries">>(({ db, slot, dialect }) =>
    db
      .deleteFrom("usage_begun")
      .where(dialect.holderIsGone(sql.ref("holder"), slot.holder))
      .returning("entries"),
  ),
  used: define<{ tenant: TenantId; day: string; subjects: JsonText<readonly string[]> }, Row<UsageTable>>(
    ({ db, slot, dialect }) =>
      db
        .selectFrom("usage")
        .selectAll()
        .where("tenant_id", "=", slot.tenant)
        .where("day", "=", slot.day)
        .where(sql<boolean>`subject_kind || ':' || subject_id in ${dialect.elementsOf(slot.subjects)}`),
  ),
  tokenLimits: define<{ id: TokenId }, Pick<Row<TokenTable>, "id" | "tokens_per_day" | "money_per_day">>(
    ({ db, slot }) =>
      db
        .selectFrom("tokens")
        .select(["id", "tokens_per_day", "money_per_day"])
        .where(
          sql<boolean>`id in (with recursive makers(id, maker) as (select t.id, t.made_with from tokens as t where t.id = ${slot.id} union select t.id, t.made_with from tokens as t join makers on t.id = makers.maker) select id from makers)`,
        )
        .orderBy("created_at")
        .orderBy("id"),
  ),
  list: define<{ from: string }, Row<UsageTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("usage")
      .selectAll()
      .where("day", ">=", slot.from)
      .where(visible("usage"))
      .orderBy("day", "desc")
      .orderBy("subject_kind")
      .orderBy("subject_id")
      .orderBy("unit"),
  ),
});

const entryOf = (row: Row<UsageTable>): UsageEntry => ({
  tenantId: row.tenant_id,
  ownerId: row.owner_id,
  day: row.day,
  subject: { kind: row.subject_kind, id: row.subject_id },
  unit: row.unit,
  amount: row.amount,
});
const keyOf = ({ kind, id }: UsageEntry["subject"]): string => `${kind}:${id}`;
const placeOf = ({ day, subject, unit }: UsageEntry): string => `${day} ${keyOf(subject)} ${unit}`;
/** Everybody writes rows in one order, so that two who write at once never wait for each other. */
const inOrder = (a: UsageEntry, b: UsageEntry): number => (placeOf(a) < placeOf(b) ? -1 : 1);

/** What was used of budgets. A row only ever grows, and is counted whether or not anybody may see it. */
export const usageRepository = (connection: Connection): ((gate: Gate) => UsageRepository) => {
  const query = queries(connection);

  const addAll = async (entries: readonly UsageEntry[]): Promise<Result<void>> => {
    const wrong = entries.find(({ amount }) => !Number.isSafeInteger(amount) || amount < 0);
    if (wrong !== undefined)
      return err(moltbotError("REQUEST_INVALID", { path: "amount", problem: "it is no whole number from 0 up" }));
    for (const { tenantId, ownerId, day, subject, unit, amount } of entries.toSorted(inOrder))
      await query.add.run(null, {
        tenant_id: tenantId,
        owner_id: ownerId,
        audience: toJson([]),
        day,
        subject_kind: subject.kind,
        subject_id: subject.id,
        unit,
        amount,
      });
    return done;
  };

  return (gate) => ({
    begin: (entries) =>
      gate.lightly(async () => {
        const begun = await query.begin.one(null, { holder: connection.incarnation, entries: toJson(entries) });
        return begun === undefined
          ? err(moltbotError("DATABASE_UNAVAILABLE", { problem: "nothing was kept" }))
          : ok(begun.ordinal);
      }),
    add: (entries, begun) =>
      gate.write(async () => {
        if (begun !== undefined) await query.over.run(null, { ordinal: begun });
        return addAll(entries);
      }),
    recover: () =>
      gate.write(async () => {
        const abandoned = await query.abandoned.all(null, { holder: connection.incarnation });
        const added = await addAll(abandoned.flatMap(({ entries }) => fromJson(entries)));
        return added.ok ? ok(abandoned.length) : added;
      }),
    used: (tenant, day, subjects) =>
      gate.read(async () =>
        ok((await query.used.all(null, { tenant, day, subjects: toJson(subjects.map(keyOf)) })).map(entryOf)),
      ),
    tokenLimits: (id) =>
      gate.read(async () =>
        ok(
          (await query.tokenLimits.all(null, { id })).map(
            ({ id: token, tokens_per_day: tokens, money_per_day: money }) => ({
              id: token,
              ...(tokens === null ? {} : { tokensPerDay: tokens }),
              ...(money === null ? {} : { moneyPerDay: money }),
            }),
          ),
        ),
      ),
    list: (scope, from) => gate.read(async () => ok((await query.list.all(scope, { from })).map(entryOf))),
  });
};
