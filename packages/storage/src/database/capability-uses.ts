import { done } from "@moltbot/contracts";
import type { AccessScope, CapabilityId, CapabilityUsage, CapabilityUse, Instant, Result } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection, ConversationOwnership } from "./connection.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { CapabilityTable, CapabilityUseTable, JsonText, Row } from "./schema.ts";

/** How many of the newest uses are named one by one. */
const MOST_RECENT = 1000;

type Amounts = Readonly<Record<string, number>>;
type Totals = Pick<Row<CapabilityTable>, "used_count" | "used_bytes" | "used_amounts">;

/** Sums by name; a name such as `__proto__` is only a name. A sum too large for a number stays the largest one. */
const added = (amounts: Amounts, more: Amounts): Amounts => {
  const sums = new Map(Object.entries(amounts));
  for (const [name, amount] of Object.entries(more)) {
    const sum = (sums.get(name) ?? 0) + amount;
    sums.set(name, Number.isFinite(sum) ? sum : Number.MAX_VALUE);
  }
  return Object.fromEntries(sums);
};

const queries = ({ define }: Connection) => ({
  totals: define<{ id: CapabilityId }, ConversationOwnership & Totals>(({ db, slot, visible }) =>
    db
      .selectFrom("capabilities")
      .select(["tenant_id", "owner_id", "audience", "used_count", "used_bytes", "used_amounts"])
      .where("id", "=", slot.id)
      .where(visible("capabilities")),
  ),
  add: define<CapabilityUseTable, unknown>(({ db, slot }) =>
    db
      .insertInto("capability_uses")
      .values({
        capability_id: slot.capability_id,
        call_id: slot.call_id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        at: slot.at,
        bytes: slot.bytes,
        amounts: slot.amounts,
      })
      .onConflict((conflict) => conflict.columns(["capability_id", "call_id"]).doNothing()),
  ),
  addToTotals: define<{ id: CapabilityId; count: number; bytes: number; amounts: JsonText<Amounts> }, unknown>(
    ({ db, slot, visible }) =>
      db
        .updateTable("capabilities")
        .set({ used_count: slot.count, used_bytes: slot.bytes, used_amounts: slot.amounts })
        .where("id", "=", slot.id)
        .where(visible("capabilities")),
  ),
  usage: define<
    { ids: JsonText<readonly CapabilityId[]>; limit: number },
    Totals & { readonly id: CapabilityId; readonly recent: JsonText<readonly Instant[]> }
  >(({ db, slot, visible, elementsOf }) =>
    db
      .selectFrom("capabilities")
      .select(["id", "used_count", "used_bytes", "used_amounts"])
      .select(
        sql<
          JsonText<readonly Instant[]>
        >`(select json_group_array(newest.at order by newest.at desc) from (select u.at as at from capability_uses as u where u.capability_id = capabilities.id order by u.at desc limit ${slot.limit}) as newest)`.as(
          "recent",
        ),
      )
      .where(sql<boolean>`id in ${elementsOf(slot.ids)}`)
      .where("used_count", ">", 0)
      .where(visible("capabilities"))
      .orderBy("id"),
  ),
});

/** What capabilities were used for, as their repository reads and writes it inside its steps. */
export interface CapabilityUses {
  of(scope: AccessScope, ids: readonly CapabilityId[]): readonly CapabilityUsage[];
  /** Counts a use once for each call. */
  add(scope: AccessScope, use: CapabilityUse): Result<void>;
}

/** Prepares the statements on uses. The sums stand with the grant; each use has its own row. */
export const capabilityUses = (connection: Connection): CapabilityUses => {
  const query = queries(connection);
  return {
    of: (scope, ids) =>
      ids.length === 0
        ? []
        : query.usage.all(scope, { ids: toJson(ids), limit: MOST_RECENT }).map((row) => ({
            capabilityId: row.id,
            count: row.used_count,
            bytes: row.used_bytes,
            amounts: fromJson(row.used_amounts),
            recent: fromJson(row.recent),
          })),
    add: (scope, { capabilityId, callId, at, bytes, amounts }) => {
      const known = query.totals.one(scope, { id: capabilityId });
      if (known === undefined) return notFound("capability");
      const { used_count: count, used_bytes: sum, used_amounts: sums, ...owner } = known;
      const use = { ...owner, capability_id: capabilityId, call_id: callId, at, bytes, amounts: toJson(amounts) };
      if (query.add.run(null, use) === 0) return done;
      const total = toJson(added(fromJson(sums), amounts));
      query.addToTotals.run(scope, { id: capabilityId, count: count + 1, bytes: sum + bytes, amounts: total });
      return done;
    },
  };
};
