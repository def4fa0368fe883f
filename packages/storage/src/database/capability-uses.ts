import { done, ok } from "@moltbot/contracts";
import type { AccessScope, CapabilityId, CapabilityUsage, CapabilityUse, Instant, Result } from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection, ConversationOwnership } from "./connection.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { CapabilityTable, CapabilityUseTable, JsonText, Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";

/** How many of the newest uses are named one by one. */
const MOST_RECENT = 1000;

type Amounts = Readonly<Record<string, number>>;
type Totals = Pick<Row<CapabilityTable>, "used_count" | "used_bytes" | "used_entry">;

/** Sums by name; a name such as `__proto__` is only a name. A sum too large for a number stays the largest one. */
const added = (amounts: Amounts, more: Amounts): Amounts => {
  const sums = new Map(Object.entries(amounts));
  for (const [name, amount] of Object.entries(more)) {
    const sum = (sums.get(name) ?? 0) + amount;
    sums.set(name, Number.isFinite(sum) ? sum : Number.MAX_VALUE);
  }
  return Object.fromEntries(sums);
};

type UsageRow = Totals & Pick<Row<CapabilityTable>, "id" | "owner_id">;

const queries = ({ define }: Connection) => ({
  totals: define<{ id: CapabilityId }, ConversationOwnership & Totals>(({ db, slot, visible }) =>
    db
      .selectFrom("capabilities")
      .select(["tenant_id", "owner_id", "audience", "used_count", "used_bytes", "used_entry"])
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
        entry: slot.entry,
      })
      .onConflict((conflict) => conflict.columns(["capability_id", "call_id"]).doNothing()),
  ),
  addToTotals: define<{ id: CapabilityId; count: number; bytes: number; entry: Uint8Array | null }, unknown>(
    ({ db, slot, visible }) =>
      db
        .updateTable("capabilities")
        .set({ used_count: slot.count, used_bytes: slot.bytes, used_entry: slot.entry })
        .where("id", "=", slot.id)
        .where(visible("capabilities")),
  ),
  usage: define<
    { ids: JsonText<readonly CapabilityId[]>; limit: number },
    UsageRow & { readonly recent: JsonText<readonly Instant[]> }
  >(({ db, slot, visible, dialect }) =>
    db
      .selectFrom("capabilities")
      .select(["id", "owner_id", "used_count", "used_bytes", "used_entry"])
      .select(
        sql<
          JsonText<readonly Instant[]>
        >`(select ${dialect.listDescending(sql.ref("newest.at"))} from (select u.at as at from capability_uses as u where u.capability_id = capabilities.id order by u.at desc limit ${slot.limit}) as newest)`.as(
          "recent",
        ),
      )
      .where(sql<boolean>`id in ${dialect.elementsOf(slot.ids)}`)
      .where("used_count", ">", 0)
      .where(visible("capabilities"))
      .orderBy("id"),
  ),
});

/** What capabilities were used for, as their repository reads and writes it inside its steps. */
export interface CapabilityUses {
  of(scope: AccessScope, ids: readonly CapabilityId[]): Promise<Result<readonly CapabilityUsage[]>>;
  /** Counts a use once for each call. */
  add(scope: AccessScope, use: CapabilityUse): Promise<Result<void>>;
}

/** Prepares the statements on uses. The sums stand with the grant; each use has its own row. */
export const capabilityUses = (connection: Connection, sealer: ContentSealer): CapabilityUses => {
  const query = queries(connection);
  const sums = entriesOf<Amounts>(sealer, "capabilities/used");
  const amountsOfUses = entriesOf<Amounts>(sealer, "capability_uses");

  /** What has no amounts is not sealed: that there are none names nothing. */
  const sealed = (of: typeof sums, owner: string, id: string, amounts: Amounts): Result<Uint8Array | null> =>
    Object.keys(amounts).length === 0 ? ok(null) : of.seal(ofPerson(owner), id, amounts);
  const sumsOf = (id: string, row: Pick<UsageRow, "owner_id" | "used_entry">): Result<Amounts> =>
    row.used_entry === null ? ok({}) : sums.open(ofPerson(row.owner_id), id, row.used_entry);
  const usageOf = (row: UsageRow & { readonly recent: JsonText<readonly Instant[]> }): Result<CapabilityUsage> => {
    const amounts = sumsOf(row.id, row);
    if (!amounts.ok) return amounts;
    return ok({
      capabilityId: row.id,
      count: row.used_count,
      bytes: row.used_bytes,
      amounts: amounts.value,
      recent: fromJson(row.recent),
    });
  };
  return {
    of: async (scope, ids) =>
      ids.length === 0
        ? ok([])
        : mapAll(await query.usage.all(scope, { ids: toJson(ids), limit: MOST_RECENT }), usageOf),
    add: async (scope, { capabilityId, callId, at, bytes, amounts }) => {
      const known = await query.totals.one(scope, { id: capabilityId });
      if (known === undefined) return notFound("capability");
      const { used_count: count, used_bytes: sum, used_entry: _sums, ...owner } = known;
      const of = sealed(amountsOfUses, owner.owner_id, `${capabilityId}/${callId}`, amounts);
      if (!of.ok) return of;
      const use = { ...owner, capability_id: capabilityId, call_id: callId, at, bytes, entry: of.value };
      if ((await query.add.run(null, use)) === 0) return done;
      const before = sumsOf(capabilityId, known);
      if (!before.ok) return before;
      const total = sealed(sums, owner.owner_id, capabilityId, added(before.value, amounts));
      if (!total.ok) return total;
      const entry = total.value;
      await query.addToTotals.run(scope, { id: capabilityId, count: count + 1, bytes: sum + bytes, entry });
      return done;
    },
  };
};
