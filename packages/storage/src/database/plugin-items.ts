import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  PluginBox,
  PluginItemRepository,
  PrincipalId,
  Result,
  StoredPluginItem,
  TenantId,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { packageMac } from "./package-mac.ts";
import type { PackageTable, PluginItemTable } from "./package-schema.ts";
import { toJson } from "./schema.ts";
import type { Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { ofPerson } from "./subjects.ts";

/** How many keys a box has at most, so that looking for some of them is never long work. */
const MOST_KEYS = 1_000;
const BOX = "plugin box";
const KEY = "plugin item";

interface BoxPlace {
  readonly owner: PrincipalId;
  readonly box: string;
}
type ItemPlace = BoxPlace & { readonly key: string };

const queries = ({ define }: Connection) => ({
  find: define<ItemPlace, Row<PluginItemTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("plugin_items")
      .selectAll()
      .where("owner_id", "=", slot.owner)
      .where("box_mac", "=", slot.box)
      .where("key_mac", "=", slot.key)
      .where(visible("plugin_items")),
  ),
  inBox: define<BoxPlace, Row<PluginItemTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("plugin_items")
      .selectAll()
      .where("owner_id", "=", slot.owner)
      .where("box_mac", "=", slot.box)
      .where(visible("plugin_items")),
  ),
  ofPerson: define<{ owner: PrincipalId }, Row<PluginItemTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("plugin_items")
      .selectAll()
      .where("owner_id", "=", slot.owner)
      .where(visible("plugin_items"))
      .orderBy("box_mac")
      .orderBy("key_mac"),
  ),
  installed: define<{ tenant: TenantId; mac: string }, Pick<PackageTable, "kind">>(({ db, slot }) =>
    db.selectFrom("packages").select("kind").where("tenant_id", "=", slot.tenant).where("package_mac", "=", slot.mac),
  ),
  others: define<ItemPlace, { readonly keys: number; readonly bytes: number }>(({ db, slot }) =>
    db
      .selectFrom("plugin_items")
      .select([sql<number>`count(*)`.as("keys"), sql<number>`cast(coalesce(sum(bytes), 0) as bigint)`.as("bytes")])
      .where("owner_id", "=", slot.owner)
      .where("box_mac", "=", slot.box)
      .where("key_mac", "<>", slot.key),
  ),
  set: define<PluginItemTable, unknown>(({ db, slot }) =>
    db
      .insertInto("plugin_items")
      .values({
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        package_mac: slot.package_mac,
        box_mac: slot.box_mac,
        key_mac: slot.key_mac,
        bytes: slot.bytes,
        entry: slot.entry,
      })
      .onConflict((conflict) =>
        conflict.columns(["owner_id", "box_mac", "key_mac"]).doUpdateSet({ bytes: slot.bytes, entry: slot.entry }),
      ),
  ),
  remove: define<ItemPlace, unknown>(({ db, slot, visible }) =>
    db
      .deleteFrom("plugin_items")
      .where("owner_id", "=", slot.owner)
      .where("box_mac", "=", slot.box)
      .where("key_mac", "=", slot.key)
      .where(visible("plugin_items")),
  ),
});

const bytesOf = ({ key, value }: Pick<StoredPluginItem, "key" | "value">): number =>
  Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value));

const byPlace = (a: StoredPluginItem, b: StoredPluginItem): number =>
  JSON.stringify([a.plugin, a.audience, a.key]) < JSON.stringify([b.plugin, b.audience, b.key]) ? -1 : 1;

/**
 * What plugins keep. Whatever the reach, it is the scope's own person's alone, and boxes and keys are found by MACs under that
 * person's key: nobody else can even try out a guess.
 */
export const pluginItemRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => PluginItemRepository) => {
  const query = queries(connection);
  const entries = entriesOf<StoredPluginItem>(sealer, "plugin_items");

  const placeOfBox = ({ principalId: owner }: AccessScope, { plugin, audience }: PluginBox): Result<BoxPlace> => {
    const box = sealer.mac(ofPerson(owner), BOX, JSON.stringify([plugin, audience]));
    return box.ok ? ok({ owner, box: box.value }) : box;
  };
  const placeOf = (scope: AccessScope, within: PluginBox, key: string): Result<ItemPlace> => {
    const place = placeOfBox(scope, within);
    if (!place.ok) return place;
    const mac = sealer.mac(ofPerson(place.value.owner), KEY, JSON.stringify([place.value.box, key]));
    return mac.ok ? ok({ ...place.value, key: mac.value }) : mac;
  };
  /** The row that something is sealed for: of another one it does not open. */
  const idOf = (owner: PrincipalId, box: string, key: string): string => `${owner} ${box} ${key}`;
  const itemOf = (row: Row<PluginItemTable>): Result<StoredPluginItem> =>
    entries.open(ofPerson(row.owner_id), idOf(row.owner_id, row.box_mac, row.key_mac), row.entry);

  /** Why the box takes no such item; undefined when it does. Nobody else writes between this look and the write. */
  const over = async (place: ItemPlace, bytes: number, mostBytes: number) => {
    const others = await query.others.one(null, place);
    if (Number(others?.bytes ?? 0) + bytes > mostBytes)
      return moltbotError("BUDGET_EXHAUSTED", { budget: "bytes that a plugin keeps", limit: mostBytes });
    return Number(others?.keys ?? 0) >= MOST_KEYS
      ? moltbotError("BUDGET_EXHAUSTED", { budget: "keys that a plugin keeps", limit: MOST_KEYS })
      : undefined;
  };

  return (gate) => ({
    get: (scope, box, key) =>
      gate.read(async () => {
        const place = placeOf(scope, box, key);
        if (!place.ok) return place;
        const row = await query.find.one(scope, place.value);
        if (row === undefined) return ok(null);
        const item = itemOf(row);
        return item.ok ? ok(item.value.value) : item;
      }),
    set: (scope, { plugin, audience }, key, value, mostBytes) =>
      gate.write(async () => {
        if (!(await connection.mayOwn(scope, scope.tenantId, scope.principalId))) return notFound("owner");
        const mac = packageMac(sealer, "plugin", plugin);
        if (!mac.ok) return mac;
        // What a removed plugin still had under way leaves nothing behind.
        if ((await query.installed.one(null, { tenant: scope.tenantId, mac: mac.value })) === undefined)
          return notFound("plugin");
        const place = placeOf(scope, { plugin, audience }, key);
        if (!place.ok) return place;
        const { owner, box, key: keyMac } = place.value;
        const bytes = bytesOf({ key, value });
        const refusal = await over(place.value, bytes, mostBytes);
        if (refusal !== undefined) return err(refusal);
        const entry = entries.seal(ofPerson(owner), idOf(owner, box, keyMac), { plugin, audience, key, value });
        if (!entry.ok) return entry;
        await query.set.run(null, {
          tenant_id: scope.tenantId,
          owner_id: owner,
          audience: toJson([]),
          package_mac: mac.value,
          box_mac: box,
          key_mac: keyMac,
          bytes,
          entry: entry.value,
        });
        return done;
      }),
    remove: (scope, box, key) =>
      gate.write(async () => {
        const place = placeOf(scope, box, key);
        if (!place.ok) return place;
        await query.remove.run(scope, place.value);
        return done;
      }),
    keys: (scope, box, prefix) =>
      gate.read(async () => {
        const place = placeOfBox(scope, box);
        if (!place.ok) return place;
        const items = mapAll(await query.inBox.all(scope, place.value), itemOf);
        if (!items.ok) return items;
        return ok(
          items.value
            .map(({ key }) => key)
            .filter((key) => key.startsWith(prefix))
            .toSorted(),
        );
      }),
    ofPerson: (scope) =>
      gate.read(async () => {
        const items = mapAll(await query.ofPerson.all(scope, { owner: scope.principalId }), itemOf);
        return items.ok ? ok(items.value.toSorted(byPlace)) : items;
      }),
  });
};
