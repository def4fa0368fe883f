import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { OwnRole, Result, RoleId, RoleRepository } from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { keepsHouse } from "./people.ts";
import type { RoleTable } from "./people-schema.ts";
import { fromJson, toJson } from "./schema.ts";
import type { Row } from "./schema.ts";
import { entriesOf } from "./sealed-entry.ts";
import { OF_SYSTEM } from "./subjects.ts";

type Named = Pick<OwnRole, "name">;
type Change = Pick<RoleTable, "id" | "name_mac" | "entry" | "operations">;

const PURPOSE = "role name";

const queries = ({ define }: Connection) => ({
  list: define<Record<never, never>, Row<RoleTable>>(({ db, visible }) =>
    db.selectFrom("roles").selectAll().where(visible("roles", "house")).orderBy("created_at").orderBy("id"),
  ),
  find: define<{ id: RoleId }, Row<RoleTable>>(({ db, slot, visible }) =>
    db.selectFrom("roles").selectAll().where("id", "=", slot.id).where(visible("roles", "house")),
  ),
  // The engine refuses a name that another role of the tenant has.
  create: define<RoleTable, unknown>(({ db, slot }) =>
    db.insertInto("roles").values({
      id: slot.id,
      tenant_id: slot.tenant_id,
      name_mac: slot.name_mac,
      entry: slot.entry,
      base: slot.base,
      operations: slot.operations,
      created_at: slot.created_at,
    }),
  ),
  change: define<Change, Row<RoleTable>>(({ db, slot, visible }) =>
    db
      .updateTable("roles")
      .set({ name_mac: slot.name_mac, entry: slot.entry, operations: slot.operations })
      .where("id", "=", slot.id)
      .where(visible("roles", "house"))
      .returningAll(),
  ),
  remove: define<{ id: RoleId }, unknown>(({ db, slot, visible }) =>
    db
      .deleteFrom("roles")
      .where("id", "=", slot.id)
      .where(sql<boolean>`not exists (select 1 from principals as p where p.own_role_id = ${slot.id})`)
      .where(visible("roles", "house")),
  ),
});

/** Names that differ by case, by width, by blanks or by how an emoji is drawn are one. */
const alike = (name: string): string =>
  name
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKC")
    .replaceAll("\ufe0f", "")
    .replaceAll(/\s+/gu, " ")
    .trim();

/** The roles that a house made for itself: everybody in it sees them; changing them needs the reach of the tenant. */
export const roleRepository = (connection: Connection, sealer: ContentSealer): ((gate: Gate) => RoleRepository) => {
  const query = queries(connection);
  const entries = entriesOf<Named>(sealer, "roles");

  const roleOf = (row: Row<RoleTable>): Result<OwnRole> => {
    const entry = entries.open(OF_SYSTEM, row.id, row.entry);
    if (!entry.ok) return entry;
    const { id, base, operations, created_at: createdAt } = row;
    return ok({ id, name: entry.value.name, base, operations: fromJson(operations), createdAt });
  };
  const sealName = (id: RoleId, name: string): Result<Pick<RoleTable, "entry" | "name_mac">> => {
    const entry = entries.seal(OF_SYSTEM, id, { name });
    if (!entry.ok) return entry;
    const mac = sealer.mac(OF_SYSTEM, PURPOSE, alike(name));
    return mac.ok ? ok({ entry: entry.value, name_mac: mac.value }) : mac;
  };

  return (gate) => ({
    list: (scope) => gate.read(async () => mapAll(await query.list.all(scope, {}), roleOf)),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? notFound("role") : roleOf(row);
      }),
    create: (scope, { id, name, base, operations, createdAt }) =>
      gate.write(async () => {
        if (!keepsHouse(scope)) return notFound("tenant");
        const sealed = sealName(id, name);
        if (!sealed.ok) return sealed;
        await query.create.run(null, {
          ...sealed.value,
          id,
          tenant_id: scope.tenantId,
          base,
          operations: toJson(operations),
          created_at: createdAt,
        });
        return done;
      }),
    change: (scope, id, { name, operations }) =>
      gate.write(async () => {
        if (!keepsHouse(scope) || (await query.find.one(scope, { id })) === undefined) return notFound("role");
        const sealed = sealName(id, name);
        if (!sealed.ok) return sealed;
        const row = await query.change.one(scope, { ...sealed.value, id, operations: toJson(operations) });
        return row === undefined ? notFound("role") : roleOf(row);
      }),
    remove: (scope, id) =>
      gate.write(async () => {
        if (!keepsHouse(scope) || (await query.find.one(scope, { id })) === undefined) return notFound("role");
        return (await query.remove.run(scope, { id })) === 1 ? done : err(moltbotError("CONFLICT", { kind: "role" }));
      }),
  });
};
